package django

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// testTurns has both sides work on one session in turn, at random, and see after each step what a
// model says that is in it.
func testTurns(t *testing.T, p *pair) { takeTurns(t, p, nil, 200) }

// takeTurns has Django's clock on the wall in zone, nil for USE_TZ = True.
func takeTurns(t *testing.T, p *pair, zone *time.Location, steps int) {
	seed := rand.Uint64()
	for _, name := range []string{"alice", "bob"} {
		p.django.Must(t, http.DefaultClient, step{"make_user", name, "pw"})
	}
	v := &turns{
		pair: p, t: t, zone: zone, random: rand.New(rand.NewPCG(seed, 0)), client: newVisitor(t),
	}
	for i := range steps {
		v.turn()
		if t.Failed() {
			t.Fatalf("step %d of seed %d was: %s", i, seed, v.said)
		}
	}
}

// turns is one visitor of both sides, and the model of his session.
type turns struct {
	*pair
	t      *testing.T
	zone   *time.Location
	random *rand.Rand
	client *http.Client
	said   string // what the step was

	live    bool
	key     string
	entries map[string]json.RawMessage
	saved   time.Time // a moment before the last save
}

func (v *turns) turn() {
	m := v.move()
	atDjango := v.random.IntN(2) == 0
	v.said = fmt.Sprintf("%s, by Django: %v", m.what, atDjango)
	before := time.Now()
	if atDjango {
		v.django.Must(v.t, v.client, m.django)
	} else {
		v.gin.do(v.client, m.gin)
	}
	became := m.model()
	if became == kept && !v.live {
		became = renewed
	}
	if became == kept || became == renewed {
		v.live, v.saved = true, before
	}
	if became == deleted {
		v.live, v.entries = false, nil
	}
	v.checkKey(became)
	v.checkGin()
	v.checkDjango()
	v.checkRow()
}

func (v *turns) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *turns) checkKey(became keyIs) {
	v.t.Helper()
	key := v.gin.keyOf(v.client)
	changed := key != v.key
	if changed != (became == renewed || became == deleted && v.key != "") || (key != "") != v.live {
		v.t.Errorf("the key was %q and is %q, want %d and live %v", v.key, key, became, v.live)
	}
	if _, found := v.gin.row(v.key); changed && v.key != "" && found {
		v.t.Error("the row of the old key is still there")
	}
	v.key = key
}

// checkGin has the gin application say what it sees.
func (v *turns) checkGin() {
	v.t.Helper()
	var got map[string]any
	var age time.Duration
	var browser bool
	var user User
	var loggedIn bool
	v.gin.visit(v.client, func(c *gin.Context) {
		s := ginsession.Get(c)
		got, age, browser = maps.Collect(s.All()), s.ExpiryAge(), s.BrowserSession()
		var err error
		if user, loggedIn, err = GetUser(c, s, v.gin.lookup); err != nil {
			v.t.Error(err)
		}
	})
	want := map[string]any{}
	for name, raw := range v.entries {
		value, err := jsontext.Value(raw)
		v.must(err)
		want[name] = value
	}
	// in Go with its offset from UTC, whatever the zone
	if text, ok := want["_session_expiry"].(string); ok {
		at, err := parseISO(text, v.zone)
		v.must(err)
		want["_session_expiry"] = isoformat(at, nil)
	}
	if !sameValue(got, want) {
		v.t.Errorf("Go sees %v, want %v", got, want)
	}
	if wantAge, wantBrowser := v.lifetime(); (age-wantAge).Abs() > 10*time.Second ||
		browser != wantBrowser {
		v.t.Errorf("Go sees an age of %v and browser session %v, want %v and %v", age, browser, wantAge,
			wantBrowser)
	}
	if id, ok := v.entries[userEntry]; ok != loggedIn || ok && quoted(user.ID) != string(id) {
		v.t.Errorf("Go sees the user %v, %v, want %s", user, loggedIn, id)
	}
}

// checkDjango has Django say what it sees.
func (v *turns) checkDjango() {
	v.t.Helper()
	reply := v.django.Must(v.t, v.client, step{"all"}, step{"expiry"}, step{"user"})
	got := canonical(v.t, mustSplit(v.t, string(reply.Results[0])))
	if jsontext.Join(got) != jsontext.Join(canonical(v.t, v.entries)) {
		v.t.Errorf("Django sees %s, want %s", jsontext.Join(got), jsontext.Join(v.entries))
	}
	var seen struct {
		Age     float64
		Browser bool
	}
	v.must(json.Unmarshal(reply.Results[1], &seen))
	age, browser := v.lifetime()
	if (time.Duration(seen.Age)*time.Second-age).Abs() > 10*time.Second || seen.Browser != browser {
		v.t.Errorf("Django sees an age of %v and browser session %v, want %v and %v", seen.Age,
			seen.Browser, age, browser)
	}
	if _, ok := v.entries[userEntry]; ok != (string(reply.Results[2]) != "null") {
		v.t.Errorf("Django sees the user %s", reply.Results[2])
	}
}

// lifetime is what the model's session would live if it was saved now.
func (v *turns) lifetime() (age time.Duration, browser bool) {
	const standard = 14 * 24 * time.Hour
	raw, ok := v.entries["_session_expiry"]
	if !ok {
		return standard, false
	}
	if string(raw) == "0" {
		return standard, true
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		at, err := parseISO(text, v.zone)
		v.must(err)
		return time.Until(at), false
	}
	var seconds int64
	v.must(json.Unmarshal(raw, &seconds))
	return time.Duration(seconds) * time.Second, false
}

// checkRow compares expire_date with when the model's session was last saved, and what is rounded
// up at most.
func (v *turns) checkRow() {
	v.t.Helper()
	if !v.live {
		return
	}
	row, _ := v.gin.row(v.key)
	zone := time.UTC
	if v.zone != nil && v.db.Kind() != dbtest.Postgres {
		zone = v.zone
	}
	expires := row.expires(v.t, zone)
	var text string
	if json.Unmarshal(v.entries["_session_expiry"], &text) == nil {
		if at, err := parseISO(text, v.zone); err != nil || !expires.Equal(at) {
			v.t.Errorf("expire_date is %v, want %v", expires, at)
		}
		return
	}
	age, _ := v.lifetime()
	least, most := v.saved.Add(age).Truncate(time.Microsecond), time.Now().Add(age+age/64+time.Second)
	if expires.Before(least) || expires.After(most) {
		v.t.Errorf("expire_date is %v, want between %v and %v", expires, least.UTC(), most.UTC())
	}
}

// hasConstant tells whether a JSON text holds NaN or Infinity.
func hasConstant(text string) bool { return !json.Valid([]byte(text)) }
