package django

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// djangoFile is a copy of a database that Django 6.1 has written.
func djangoFile(t *testing.T) *dbtest.DB {
	t.Helper()
	db := dbtest.New(t, dbtest.SQLite)
	path, _, _ := strings.Cut(strings.TrimPrefix(db.DSN(), "file:"), "?")
	content, err := os.ReadFile("../testdata/django/django.sqlite3")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return db
}

// The rows of a Django 6.1 are read in place, changed, and read again by another Django.
func TestRows(t *testing.T) {
	v := readVectors(t)
	db := djangoFile(t)
	handle := db.Open(t)
	before := schemaOf(t, handle)
	config := Config{SecretKey: v.Rows.SecretKey, Fallbacks: []string{v.Rows.RetiredKey}}
	clock := gormsession.WithClock(func() time.Time { return v.Rows.Written })
	sites := map[string]*site{
		"django_session": newSite(t, handle, config, clock),
		"app_customsession": newSite(t, handle, config, clock,
			gormsession.WithTable("app_customsession")),
	}
	django := djangotest.Start(t, djangotest.V52, db, nil)
	for _, row := range v.Rows.Rows {
		s := sites[row.Table]
		state, err := s.plugin.Open(t.Context(), row.SessionKey)
		if err != nil {
			t.Fatal(err)
		}
		ends, err := time.Parse("2006-01-02 15:04:05", row.Expire)
		if err != nil {
			t.Fatal(err)
		}
		corrupt := row.Label == "corrupt_2099" || row.Label == "tampered_2099"
		if live := ends.After(v.Rows.Written) && !corrupt; state.IsNew() == live {
			t.Errorf("%s: the session is there: %v", row.Label, !live)
			continue
		} else if live && !sameData(t, encoded(t, state), mustSplit(t, row.Decoded)) {
			t.Errorf("%s holds %v, want %s", row.Label, encoded(t, state), row.Decoded)
		}
		state.Set("gin", row.Label)
		if err := state.Save(); err != nil {
			t.Fatal(err)
		}
		if corrupt {
			if left, _ := s.row(row.SessionKey); left.SessionData != row.SessionData {
				t.Errorf("%s was overwritten", row.Label)
			}
		}
		if !strings.HasSuffix(row.Expire, "59.123456") || row.Table != "django_session" {
			continue // what is expired by now, and by what this Django does not know
		}
		got := mustSplit(t,
			string(django.Must(t, http.DefaultClient, step{"load", state.Key()}).Results[0]))
		if !sameData(t, got, encoded(t, state)) || string(got["gin"]) != quoted(row.Label) {
			t.Errorf("%s: Django read %s of what Go wrote", row.Label, got)
		}
	}
	if after := schemaOf(t, handle); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("the tables were\n%q\nand are\n%q", before, after)
	}
	if len(v.Rows.Rows) != 16 {
		t.Errorf("%d rows", len(v.Rows.Rows))
	}
}

// encoded are the entries of a session as JSON texts, but for NaN and the like, which it must not
// hold.
func encoded(t *testing.T, s *gormsession.State) map[string]json.RawMessage {
	t.Helper()
	entries := map[string]json.RawMessage{}
	for name, value := range s.All() {
		raw, err := jsontext.Encode(value)
		if err != nil {
			t.Fatal(err)
		}
		entries[name] = raw
	}
	return entries
}

// Alice has logged in at Django 6.1, and is logged in here.
func TestRowOfALogin(t *testing.T) {
	v := readVectors(t)
	s := newSite(t, djangoFile(t).Open(t), Config{SecretKey: v.Rows.SecretKey},
		gormsession.WithClock(func() time.Time { return v.Rows.Written }))
	for _, row := range v.Rows.Rows {
		if row.Label != "real_auth_login_alice" {
			continue
		}
		guard := RequireLogin(s.lookup)
		got := s.visit(http.DefaultClient, func(c *gin.Context) {
			if guard(c); !c.IsAborted() {
				c.String(http.StatusOK, "%s has %v", CurrentUser(c).Row.(authUser).Username,
					ginsession.Get(c).Get("cart"))
			}
		}, func(r *http.Request) { r.Header.Set("Cookie", "sessionid="+row.SessionKey) })
		if got.body != "alice has [1 2]" {
			t.Errorf("%d %s", got.status, got.body)
		}
		return
	}
	t.Error("there is no such row")
}

// Each text of session_data that Django was given, in a row.
func TestDecodeVectorsInRows(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	newSite(t, db, Config{SecretKey: testSecret}) // makes the table
	for _, c := range readVectors(t).Decode {
		t.Run(c.Name, func(t *testing.T) {
			config := Config{SecretKey: c.SecretKey, Fallbacks: c.Fallbacks}
			// which TestDecodeVectors compares with Django
			want, err := mustCodec(t, config).Decode("", c.SessionData)
			s := newSite(t, db, config)
			if err := db.Exec("DELETE FROM django_session").Error; err != nil {
				t.Fatal(err)
			}
			row := gormsession.Session{
				SessionKey: oldKey, SessionData: c.SessionData,
				ExpireDate: gormsession.Expiry{Time: time.Now().Add(time.Hour)},
			}
			if err := db.Table("django_session").Create(&row).Error; err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			var isNew bool
			client := newVisitor(t)
			s.visit(client, func(c *gin.Context) {
				state := ginsession.Get(c)
				got, isNew = maps.Collect(state.All()), state.IsNew()
				state.Set("gin", 1)
			}, func(r *http.Request) { r.Header.Set("Cookie", "sessionid="+oldKey) })
			if isNew != (err != nil) || isNew != strings.Contains(s.log.String(), `msg="gormsession: Session data corrupted"`) {
				t.Errorf("the codec says %v, the session is new: %v, and the log\n%s", err, isNew, s.log)
			}
			values := map[string]any{}
			for name, raw := range want {
				if values[name], err = jsontext.Value(raw); err != nil {
					t.Fatal(err)
				}
			}
			if !sameValue(got, values) {
				t.Errorf("the session holds %v, want %v", got, values)
			}
			left, _ := s.row(oldKey)
			if isNew {
				if left.SessionData != c.SessionData || s.keyOf(client) == "" {
					t.Error("what cannot be read was overwritten")
				}
				return
			}
			again, err := mustCodec(t, config).Decode("", left.SessionData)
			if want["gin"] = json.RawMessage("1"); err != nil || !sameData(t, again, want) {
				t.Errorf("written again it is %s, %v", again, err)
			}
		})
	}
}

// Each session that Django has written, written by a handler.
func TestEncodeVectorsInRows(t *testing.T) {
	v := readVectors(t)
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	for _, c := range v.Encode.Cases {
		t.Run(c.Name, func(t *testing.T) {
			config := Config{SecretKey: v.SecretKeys[c.Secret]}
			if c.Name == "expiry_iso_naive" { // as a Django with USE_TZ = False writes it
				config.TimeZone = time.UTC
			}
			s := newSite(t, db, config)
			if err := db.Exec("DELETE FROM django_session").Error; err != nil {
				t.Fatal(err)
			}
			entries := mustSplit(t, c.Payload)
			got := s.visit(http.DefaultClient, func(gc *gin.Context) {
				state := ginsession.Get(gc)
				for name, raw := range entries {
					if name == "_session_expiry" {
						setExpiry(t, state, raw)
					} else {
						state.Set(name, raw)
					}
				}
				if len(entries) == 0 {
					state.CycleKey() // makes a row
				}
			})
			rows := s.rows()
			if len(rows) != 1 {
				t.Fatalf("%d rows were made: %d\n%s", len(rows), got.status, s.log)
			}
			decoded, err := mustCodec(t, config).Decode("", rows[0].SessionData)
			if err != nil || !sameData(t, decoded, entries) {
				t.Errorf("%s, %v; want %s", decoded, err, c.Payload)
			}
		})
	}
}

// setExpiry gives a session an expiry as Django's entry spells it, whose name is the library's own.
func setExpiry(t *testing.T, s *gormsession.State, raw json.RawMessage) {
	t.Helper()
	var seconds int
	if json.Unmarshal(raw, &seconds) == nil {
		s.SetExpiry(time.Duration(seconds) * time.Second)
		return
	}
	at, err := time.Parse(`"2006-01-02T15:04:05.999999Z07:00"`, string(raw))
	if err != nil {
		at, err = time.Parse(`"2006-01-02T15:04:05.999999"`, string(raw))
	}
	if err != nil {
		t.Error(err)
	}
	s.SetExpiryAt(at)
}

// A bomb that Django's key has signed is a session that cannot be read: a warning, and a bounded
// one.
func TestBombInARow(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	s := newSite(t, db, Config{SecretKey: testSecret})
	text := mustCodec(t, Config{SecretKey: testSecret}).signer.sign("." +
		base64.RawURLEncoding.EncodeToString(bomb(t)) + ":1r31eq")
	row := gormsession.Session{
		SessionKey: oldKey, SessionData: text,
		ExpireDate: gormsession.Expiry{Time: time.Now().Add(time.Hour)},
	}
	if err := db.Table("django_session").Create(&row).Error; err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := s.visit(http.DefaultClient, func(c *gin.Context) {
		c.String(http.StatusOK, "%d", ginsession.Get(c).Len())
	},
		func(r *http.Request) { r.Header.Set("Cookie", "sessionid="+oldKey) })
	runtime.ReadMemStats(&after)
	if got.status != http.StatusOK || got.body != "0" ||
		!strings.Contains(s.log.String(), "Session data corrupted") {
		t.Errorf("%d %s\n%.300s", got.status, got.body, s.log)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 256<<20 {
		t.Errorf("%d MiB were allocated", used>>20)
	}
	if strings.Contains(s.log.String(), text[:50]) {
		t.Error("the log quotes the row")
	}
}
