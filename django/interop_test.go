package django

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
	"github.com/seed7368b609/gormsession/internal/jsontext"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

type step = djangotest.Step

// A pair is a Django and a gin application on one database.
type pair struct {
	django *djangotest.Site
	gin    *site
	db     *dbtest.DB
	schema []string // of the table as Django has made it
}

func newPair(
	t *testing.T, version djangotest.Version, db *dbtest.DB, settings djangotest.Settings,
	config Config, opts ...gormsession.Option,
) *pair {
	t.Helper()
	p := &pair{django: djangotest.Start(t, version, db, settings), db: db}
	p.django.Migrate(t)
	handle := db.Open(t)
	p.schema = schemaOf(t, handle)
	p.gin = newSite(t, handle, config, opts...)
	return p
}

// Every real Django on real databases, and a gin application beside it.
func TestWithDjango(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, p *pair) {
		for _, test := range []struct {
			name string
			run  func(*testing.T, *pair)
		}{
			{"Schema", testSchema},
			{"Taken", testTaken},
			{"Encoding", testEncoding},
			{"Turns", testTurns},
			{"AtOnce", testAtOnce},
			{"Login", testLogin},
			{"Logout", testLogout},
			{"Password", testPassword},
			{"Doubtful", testDoubtfulLogins},
			{"NaN", testNaN},
			{"TestCookie", testTestCookie},
			{"Clear", testClear},
		} {
			t.Run(test.name, func(t *testing.T) {
				p.gin.t = t
				test.run(t, p)
			})
		}
	})
}

// eachPair runs f with each Django on each database.
func eachPair(t *testing.T, f func(t *testing.T, p *pair)) {
	t.Helper()
	djangotest.Each(t, func(t *testing.T, version djangotest.Version) {
		t.Parallel()
		eachDatabase(t, version, func(t *testing.T, db *dbtest.DB) {
			f(t, newPair(t, version, db, nil, Config{SecretKey: djangotest.SecretKey}))
		})
	})
}

// eachDatabase leaves MariaDB to one Django: it costs time, and shows little that the others do
// not.
func eachDatabase(t *testing.T, version djangotest.Version, f func(t *testing.T, db *dbtest.DB)) {
	t.Helper()
	for _, kind := range dbtest.Kinds {
		if kind != dbtest.MariaDB || version == djangotest.V52 {
			t.Run(string(kind), func(t *testing.T) { f(t, dbtest.New(t, kind)) })
		}
	}
}

// testEncoding has Django read what Encode writes, and Decode what Django writes.
func testEncoding(t *testing.T, p *pair) {
	codec := mustCodec(t, Config{SecretKey: djangotest.SecretKey})
	var sessions []map[string]json.RawMessage
	var decode, encode []step
	random := rand.New(rand.NewPCG(1, 2))
	compressed := 0
	for range 200 {
		session := map[string]json.RawMessage{}
		for range random.IntN(6) {
			session[randomText(random)] = json.RawMessage(randomJSON(random, 3))
		}
		text, err := codec.Encode("", session)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(text, ".") {
			compressed++
		}
		sessions = append(sessions, session)
		decode = append(decode, step{"decode", text})
		encode = append(encode, step{"encode_json", jsontext.Join(session)})
	}
	if compressed < 20 || compressed > 180 {
		t.Errorf("%d of 200 sessions are compressed", compressed)
	}
	read := p.django.Must(t, http.DefaultClient, decode...)
	written := p.django.Must(t, http.DefaultClient, encode...)
	for i, session := range sessions {
		if got := mustSplit(t,
			string(read.Results[i])); jsontext.Join(canonical(t, got)) != jsontext.Join(canonical(t,
			session)) {
			t.Errorf("session %d: Django read %s of %s", i, read.Results[i], jsontext.Join(session))
		}
		got, err := codec.Decode("", written.Result(t, i).(string))
		if err != nil || jsontext.Join(canonical(t, got)) != jsontext.Join(canonical(t, session)) {
			t.Errorf("session %d: %s, %v; Django wrote %s", i, jsontext.Join(got), err,
				jsontext.Join(session))
		}
	}
}
