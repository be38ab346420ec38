package suite

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// Keys of an encryption.
var (
	sealKeyA = bytes.Repeat([]byte("a"), 32)
	sealKeyB = bytes.Repeat([]byte("b"), 32)
)

// What a sealed row holds shows nothing of the session, and another text with each save; a session
// works as any other, with each kind of change and at once.
func (on cases) TestEncryption(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.fresh(t, d, c, gormsession.WithEncryption(sealKeyA))
		key := s.start(map[string]any{"name": "Ann Smith", "n": 0})
		texts := map[string]bool{}
		for range 5 {
			data := s.rows()[stored(key)].data
			if !strings.HasPrefix(data, "sealed1.") || strings.Contains(data, "Ann Smith") || texts[data] {
				t.Fatalf("a row holds %q", data)
			}
			texts[data] = true
			s.visit(key, increment)
		}
		before := s.rows()[stored(key)]
		if got := s.visit(key, readName); got.body != `"Ann Smith"` ||
			s.rows()[stored(key)] != before {
			t.Errorf("read: %d %s, and the row is changed: %t", got.status, got.body,
				s.rows()[stored(key)] != before)
		}
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				if got := s.visit(key, increment); got.status != http.StatusOK {
					t.Errorf("at once: %d", got.status)
				}
			})
		}
		wg.Wait()
		got := s.visit(key, pageC)
		if got.cookie == nil {
			t.Fatalf("a new key: %d", got.status)
		}
		entries := s.entries(got.cookie.Value)
		if entries["n"] != int64(17) || entries["name"] != "Ann Smith" {
			t.Errorf("under the new key: %v", entries)
		}
	})
}

// Encryption comes to a table in use, its key changes, and it goes again, and nobody is logged out:
// at each step sessions of the step before are read, and what is saved is as the step says.
func (on cases) TestEncryptionComesAndGoes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		prefix := func(s *site, key string) string {
			data := s.rows()[stored(key)].data
			return data[:min(len(data), len("sealed1.01234567."))]
		}
		keys := map[string]string{}
		var last string
		for _, step := range []struct {
			name   string
			option gormsession.Option
			sealed bool
		}{
			{"open", gormsession.WithOptions(), false},
			{"sealed", gormsession.WithEncryption(sealKeyA), true},
			{"key B known", gormsession.WithEncryption(sealKeyA, sealKeyB), true},
			{"key B seals", gormsession.WithEncryption(sealKeyB, sealKeyA), true},
			{"going", gormsession.WithDecryption(sealKeyB, sealKeyA), false},
		} {
			s := on.newSite(t, d, step.option)
			for name, key := range keys {
				if got := s.visit(key, readName); got.body != `"`+name+`"` {
					t.Errorf("%s: the session of %s: %d %s", step.name, name, got.status, got.body)
				}
			}
			keys[step.name] = s.start(map[string]any{"name": step.name})
			at := prefix(s, keys[step.name])
			if strings.HasPrefix(at, "sealed1.") != step.sealed {
				t.Errorf("%s: a new session is %q", step.name, at)
			}
			if last != "" {
				s.visit(keys[last], set("n", 1))
				if again := prefix(s, keys[last]); step.sealed && again != at {
					t.Errorf("%s: what was saved is %q, and what is new %q", step.name, again, at)
				}
			}
			last = step.name
			// The key that seals is told by what is new: that of the step before stays until a save.
		}
		s := on.newSite(t, d, gormsession.WithDecryption(sealKeyB, sealKeyA))
		done, err := s.plugin.Reseal(t.Context())
		if err != nil || done.Unreadable != 0 || done.Rows == 0 {
			t.Errorf("the rest: %+v, %v", done, err)
		}
		plain := on.newSite(t, d)
		for name, key := range keys {
			if got := plain.visit(key, readName); got.body != `"`+name+`"` {
				t.Errorf("without any encryption: the session of %s: %d %s", name, got.status, got.body)
			}
		}
	})
}

// A key that is missing logs nobody out and overwrites nothing: it is a fault of the server's, and
// with the key the session is there. So does each call that has no request.
func (on cases) TestEncryptionWithoutItsKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		right := on.newSite(t, d, gormsession.WithEncryption(sealKeyA))
		key := right.start(map[string]any{"name": "Ann"})
		before := right.rows()[stored(key)]
		for name, option := range map[string]gormsession.Option{
			"another key":            gormsession.WithEncryption(sealKeyB),
			"another key that opens": gormsession.WithDecryption(sealKeyB),
			"no key":                 gormsession.WithOptions(),
		} {
			wrong := on.newSite(t, d, option)
			for what, page := range map[string]func(*Call){
				"read": readName, "write": pageW, "cycle": pageC, "clear": pageX,
			} {
				if got := wrong.visit(key, page); !got.is503() {
					t.Errorf("%s, %s: %d, and the cookie %v", name, what, got.status, got.cookie)
				}
			}
			if _, err := wrong.plugin.Open(t.Context(), key); !errors.Is(err, gormsession.ErrUnavailable) {
				t.Errorf("%s: Open: %v", name, err)
			}
			done, err := wrong.plugin.Reseal(t.Context())
			if name != "no key" && (err != nil || done != (gormsession.Resealed{Unreadable: 1})) {
				t.Errorf("%s: Reseal: %+v, %v", name, done, err)
			}
			wrong.log.wants(t, "sealed with a key that")
		}
		if right.rows()[stored(key)] != before {
			t.Error("the row was changed")
		}
		if got := right.visit(key, readName); got.body != `"Ann"` {
			t.Errorf("with the key: %d %s", got.status, got.body)
		}
	})
}

// Who can write to the table can neither change what is sealed nor give it to another session.
func (on cases) TestEncryptionBindsToTheRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d, gormsession.WithEncryption(sealKeyA))
		ann, eve := s.start(map[string]any{"name": "Ann"}), s.start(map[string]any{"name": "Eve"})
		taken, own := s.rows()[stored(ann)].data, s.rows()[stored(eve)].data
		middle := len(own) / 2
		flipped := own[:middle] + string(rune('A'+(own[middle]-'A'+1)%26)) + own[middle+1:]
		for name, data := range map[string]string{
			"of another row": taken, "changed": flipped, "cut": own[:middle],
			"without a body": own[:len("sealed1.01234567.")],
		} {
			s.exec("UPDATE web_sessions SET session_data = ? WHERE session_key = ?", data, stored(eve))
			got := s.visit(eve, readName)
			if got.status != http.StatusOK || got.body != "null" {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
			if got := s.visit(eve, pageW); got.cookieIs(eve) != "new" ||
				s.rows()[stored(eve)].data != data {
				t.Errorf("%s: a write made the cookie %q, or changed the row", name, got.cookieIs(eve))
			}
		}
	})
}

// Reseal leaves no row that another key has sealed, while requests go on, none of which loses
// anything, and tells how far it is.
func (on cases) TestReseal(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		before := on.newSite(t, d, gormsession.WithEncryption(sealKeyA, sealKeyB))
		open := on.newSite(t, d)
		var keys []string
		for i := range 230 {
			s := []*site{before, open}[i%2]
			keys = append(keys, s.start(map[string]any{"n": 0, "name": fmt.Sprint(i)}))
		}
		s := on.newSite(t, d, gormsession.WithEncryption(sealKeyB, sealKeyA))
		stop := make(chan struct{})
		var wg sync.WaitGroup
		counts := make([]int, 3)
		for i := range counts {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if got := s.visit(keys[i*50], increment); got.status != http.StatusOK {
						t.Errorf("meanwhile: %d", got.status)
						return
					}
					counts[i]++
				}
			})
		}
		var told []int
		done, err := s.plugin.Reseal(t.Context(), func(r gormsession.Resealed) {
			told = append(told, r.Rows)
		})
		close(stop)
		wg.Wait()
		// What a request has saved meanwhile needs nothing more.
		if err != nil || done.Unreadable != 0 || done.Rows > 230 || done.Rows < 227 || len(told) != 3 {
			t.Errorf("%+v after %v, %v", done, told, err)
		}
		after := on.newSite(t, d, gormsession.WithEncryption(sealKeyB))
		for i, key := range keys {
			entries := after.entries(key)
			want := int64(0)
			if i%50 == 0 && i/50 < len(counts) {
				want = int64(counts[i/50])
			}
			if entries["name"] != fmt.Sprint(i) || entries["n"] != want {
				t.Fatalf("session %d holds %v, and n should be %d", i, entries, want)
			}
		}
		only := on.newSite(t, d, gormsession.WithEncryption(sealKeyB), gormsession.WithSealedOnly())
		if only.entries(keys[1])["name"] != "1" {
			t.Error("a sealed row is not read where no other is")
		}
		s.exec("UPDATE web_sessions SET session_data = ? WHERE session_key = ?",
			`{"name":"admin"}`, stored(keys[1]))
		if got := only.visit(keys[1], readName); got.body != "null" {
			t.Errorf("a row that is not sealed is read: %s", got.body)
		}
		if again, err := s.plugin.Reseal(t.Context()); err != nil || again.Rows != 1 {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
}

// What cannot seal is refused, by an error that shows no key.
func (on behind) TestEncryptionRefused(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	password := []byte("correct horse battery staple")
	for want, option := range map[string]gormsession.Option{
		"takes one key or more":  gormsession.WithEncryption(),
		"32 random bytes":        gormsession.WithEncryption(sealKeyA, password),
		"key 1 has 0 bytes":      gormsession.WithDecryption(nil),
		"is there twice":         gormsession.WithEncryption(sealKeyA, sealKeyB, sealKeyA),
		"WithSealedOnly without": gormsession.WithSealedOnly(),
		"Django could not read": gormsession.WithOptions(
			withLayout(layout.Django()), gormsession.WithEncryption(sealKeyA)),
		"give New WithEncryption ": nil,
	} {
		if option == nil {
			plugin, err := gormsession.New(db)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := plugin.Reseal(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Reseal: %v, want %q", err, want)
			}
			continue
		}
		_, err := gormsession.New(db, option)
		if err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), string(password)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
