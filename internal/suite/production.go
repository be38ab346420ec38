package suite

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// The settings for production give a cookie that no other host can set, no page of a user's to a
// cache, and an end after 30 days; and what follows them counts.
func (on cases) TestProduction(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite)
	s := on.newSite(t, db, gormsession.Production(), gormsession.WithLifetime(20*24*time.Hour))
	s.cookieName = "__Host-session"
	got := s.visit("", logIn(1))
	if got.cookie == nil {
		t.Fatalf("no cookie: %d %v", got.status, got.header)
	}
	if c := got.cookie; !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" ||
		c.SameSite != http.SameSiteLaxMode || len(got.line) > 200 {
		t.Errorf("the cookie is %s", got.line)
	}
	key := got.cookie.Value
	if got := s.visit(key, readName); got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("a user's page: Cache-Control is %q", got.header.Get("Cache-Control"))
	}
	s.clock.advance(15 * 24 * time.Hour)
	s.visit(key, increment)
	s.clock.advance(15*24*time.Hour - time.Minute)
	if s.entries(key) == nil {
		t.Error("it has ended before its 30 days")
	}
	s.clock.advance(2 * time.Minute)
	if s.entries(key) != nil {
		t.Error("it lives on after 30 days")
	}
	s = on.newSite(t, db, gormsession.Production(), gormsession.WithCookieName("__Host-shop"))
	s.cookieName = "__Host-shop"
	if got := s.visit("", logIn(1)); got.cookie == nil {
		t.Errorf("the name that follows does not count: %v", got.header)
	}
}

// Nothing that a dump of the table holds opens a session, as it is or in another spelling, sealed
// or not, with users or without.
func (on cases) TestDumpOpensNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, options := range map[string][]gormsession.Option{
			"plain":  nil,
			"users":  {gormsession.WithUsers()},
			"sealed": {gormsession.WithUsers(), gormsession.WithEncryption(sealKeyA)},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := on.newSite(t, dbtest.New(t, d.Kind()), options...)
				for i := range 5 {
					s.moved("", func(c *Call) { logIn("ann")(c); set("n", i)(c) })
				}
				var rows []map[string]any
				if err := s.db.Table(s.table).Find(&rows).Error; err != nil || len(rows) != 5 {
					t.Fatalf("%d rows, %v", len(rows), err)
				}
				tried := 0
				for _, row := range rows {
					for _, value := range row {
						for _, text := range spellings(fmt.Sprint(value)) {
							if tried++; strings.ContainsAny(text, "; ,\"\\\r\n\x00") {
								text = url.QueryEscape(text)
							}
							got := s.visit(text, func(c *Call) {
								c.String(http.StatusOK, "%q %v", c.Session().UserID(), c.Session().Get("n"))
							})
							if got.body != `"" <nil>` {
								t.Errorf("%q opens a session: %s", text, got.body)
							}
						}
					}
				}
				if tried < 50 {
					t.Errorf("%d texts were tried", tried)
				}
			})
		}
	})
}

// spellings are a text, what it may be an encoding of, and its encodings; and its parts that have
// the length of a key.
func spellings(text string) (all []string) {
	all = append(all, text, strings.ToLower(text), hex.EncodeToString([]byte(text)),
		base64.StdEncoding.EncodeToString([]byte(text)),
		base64.RawURLEncoding.EncodeToString([]byte(text)))
	if raw, err := hex.DecodeString(text); err == nil {
		all = append(all, string(raw), base64.RawURLEncoding.EncodeToString(raw))
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
		if raw, err := encoding.DecodeString(text); err == nil {
			all = append(all, string(raw))
		}
	}
	for at := 0; at+32 <= len(text); at += 16 {
		all = append(all, strings.ToLower(text[at:at+32]))
	}
	slices.Sort(all)
	all = slices.DeleteFunc(slices.Compact(all), func(text string) bool {
		return text == "" || len(text) > 2000 || strings.ContainsFunc(text, func(r rune) bool {
			return r < ' ' || r > '~'
		})
	})
	return all
}

// A key counts in the cookie alone: in the URL, a form or another header it is nobody's.
func (on cases) TestKeyElsewhereIsNobodys(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	for name, edit := range map[string]func(*http.Request){
		"query":         func(r *http.Request) { r.URL.RawQuery = "session=" + key + "&name=" + key },
		"path":          func(r *http.Request) { r.URL.Path += ";session=" + key },
		"authorization": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+key) },
		"header": func(r *http.Request) {
			r.Header.Set("X-Session", key)
			r.Header.Set("Session", key)
		},
		"Cookie2": func(r *http.Request) { r.Header.Set("Cookie2", "session="+key) },
		"other name": func(r *http.Request) {
			r.Header.Set("Cookie", "SESSION="+key+"; sessions="+key)
		},
	} {
		got := s.visit("", readName, edit)
		if got.status == http.StatusOK && got.body != "null" || strings.Contains(got.body, "Ann") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}
