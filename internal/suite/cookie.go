package suite

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// attributesOf takes a Set-Cookie line apart, without the value and its age.
func attributesOf(line string) map[string]string {
	attributes := map[string]string{}
	for i, part := range strings.Split(line, "; ") {
		name, value, _ := strings.Cut(part, "=")
		if i == 0 {
			name, value = "name", name
		}
		if name != "Expires" && name != "Max-Age" {
			attributes[name] = value
		}
	}
	return attributes
}

// The cookie has the attributes of its options, and a deletion has the same ones, or a browser
// would ignore it.
func (on cases) TestCookieAttributes(t *testing.T) {
	type opts = []gormsession.Option
	for want, o := range map[string]opts{
		"session; Path=/; HttpOnly; SameSite=Lax": nil,
		"id; Path=/; HttpOnly; SameSite=Lax": {
			gormsession.WithCookieName("id"),
		},
		"session; Path=/app; HttpOnly; SameSite=Lax": {
			gormsession.WithPath("/app"),
		},
		"session; Path=/; Domain=example.com; HttpOnly; SameSite=Lax": {
			gormsession.WithDomain("example.com"),
		},
		"session; Path=/; HttpOnly; Secure; SameSite=Lax": {
			gormsession.WithSecure(true),
		},
		"session; Path=/; SameSite=Lax": {
			gormsession.WithHTTPOnly(false),
		},
		"session; Path=/; HttpOnly; SameSite=Strict": {
			gormsession.WithSameSite(http.SameSiteStrictMode),
		},
		"session; Path=/; HttpOnly": {
			gormsession.WithSameSite(http.SameSiteDefaultMode),
		},
		"session; Path=/; HttpOnly; Secure; SameSite=None": {
			gormsession.WithSameSite(http.SameSiteNoneMode),
		},
		"session; Path=/; HttpOnly; Secure; SameSite=Lax; Partitioned": {
			gormsession.WithPartitioned(),
		},
		"__Host-id; Path=/; HttpOnly; Secure; SameSite=Lax": {
			gormsession.WithCookieName("__Host-id"),
		},
		"__Secure-id; Path=/x; HttpOnly; Secure; SameSite=Lax": {
			gormsession.WithCookieName("__Secure-id"), gormsession.WithPath("/x"),
			gormsession.WithSecure(true),
		},
		"sessionid; Path=/; HttpOnly; SameSite=Lax": {
			withLayout(layout.Django()),
		},
		"own; Path=/; HttpOnly; SameSite=Strict": {
			withLayout(layout.Django()), gormsession.WithCookieName("other"),
			gormsession.WithCookieName("own"), gormsession.WithSameSite(http.SameSiteStrictMode),
		},
		"session; Path=/b; Domain=b.example; HttpOnly; Secure; SameSite=Lax": {
			gormsession.WithOptions(gormsession.WithPath("/b"), nil, gormsession.WithDomain("b.example")),
			gormsession.WithSecure(true), nil,
		},
	} {
		s := on.newSite(t, dbtest.New(t, dbtest.SQLite), o...)
		s.cookieName, _, _ = strings.Cut(want, ";")
		set := s.visit("", writeName("Ann"))
		if set.cookie == nil {
			t.Errorf("%s: no cookie: %q", want, set.header["Set-Cookie"])
			continue
		}
		if !maps.Equal(attributesOf(set.line), attributesOf(want)) {
			t.Errorf("set %s, want %s", set.line, want)
		}
		deleted := s.visit(set.cookie.Value, pageF)
		if !maps.Equal(attributesOf(deleted.line), attributesOf(want)) {
			t.Errorf("deleted by %s, set by %s", deleted.line, set.line)
		}
		if deleted.cookieIs("") != "deleted" ||
			!strings.Contains(deleted.line, "Expires=Thu, 01 Jan 1970 00:00:00 GMT") ||
			!strings.Contains(deleted.line, "Max-Age=0") {
			t.Errorf("deleted by %s", deleted.line)
		}
	}
}

// Secure is set where the request was: over TLS, or over a proxy that says so.
func (on cases) TestSecureByTheRequest(t *testing.T) {
	auto := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	never := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithSecure(false))
	for forwarded, want := range map[string]bool{
		"":              false,
		"https":         true,
		"HTTPS":         true,
		" https , http": true,
		"http":          false,
		"http, https":   false,
		"httpsx":        false,
	} {
		edit := func(r *http.Request) {
			if forwarded != "" {
				r.Header.Set("X-Forwarded-Proto", forwarded)
			}
		}
		set := auto.visit("", writeName("Ann"), edit)
		if deleted := auto.visit(set.cookie.Value, pageF, edit); set.cookie.Secure != want ||
			deleted.cookie.Secure != want {
			t.Errorf("X-Forwarded-Proto: %q: %s, %s", forwarded, set.line, deleted.line)
		}
		if set := never.visit("", writeName("Ann"), edit); set.cookie.Secure {
			t.Errorf("WithSecure(false): %s", set.line)
		}
	}
	server := httptest.NewTLSServer(auto.handler)
	defer server.Close()
	response, err := server.Client().Get(server.URL + "/" + auto.addPage(writeName("Ann")))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if c := response.Cookies(); len(c) != 1 || !c[0].Secure {
		t.Errorf("over TLS: %v", response.Header["Set-Cookie"])
	}
}

// Of several cookies of the name the well-formed one counts, in whatever lines they come, and of
// several of these the live one. TestSeveralCookies says what happens otherwise.
func (on cases) TestCookieThatCounts(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	ann, bob := s.start(map[string]any{"name": "Ann"}), s.start(map[string]any{"name": "Bob"})
	for _, c := range []struct {
		lines []string
		want  string
	}{
		{[]string{"session=" + ann}, `"Ann"`},
		{[]string{"session=" + ann + "; session=" + ann}, `"Ann"`},
		{[]string{"session=" + ann + "; session=nonsense"}, `"Ann"`},
		{[]string{"session=" + ann + "; session="}, `"Ann"`},
		{[]string{"session=" + ann + "; session"}, `"Ann"`},
		{[]string{"session=" + ann, `session="` + ann + `"`}, `"Ann"`},
		{[]string{"session=" + ann, "other=" + bob}, `"Ann"`},
		{[]string{`a=b; session="` + ann + `"; c=d`}, `"Ann"`},
		{[]string{"  session = " + ann + " ; x"}, `"Ann"`},
		{[]string{"Session=" + ann}, "null"},
		{[]string{"xsession=" + ann}, "null"},
		{[]string{"session=" + ann + "x"}, "null"},
		{[]string{"session=" + strings.ToUpper(ann)}, "null"},
		{[]string{`session="` + ann}, "null"},
		{[]string{"session=" + ann + "; session=" + keyWithoutRow}, `"Ann"`},
		{[]string{"session=" + keyWithoutRow, "session=" + ann}, `"Ann"`},
	} {
		got := s.visit("", readName, func(r *http.Request) { r.Header["Cookie"] = c.lines })
		if got.status != http.StatusOK || got.body != c.want {
			t.Errorf("%q: %d %s, want %s", c.lines, got.status, got.body, c.want)
		}
	}
}

// No cookie of whatever bytes is a fault, or harms a row.
func (on cases) TestCookieOfAnyBytes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for _, l := range []layout.Layout{layout.Own(), layout.Django()} {
			s := on.newSite(t, dbtest.New(t, d.Kind()), withLayout(l))
			s.table, s.cookieName = l.Table, l.Cookie
			s.start(map[string]any{"name": "Ann"})
			before := s.rows()
			for _, value := range []string{
				"", "%", "%00", "../../../etc/passwd", "' OR 1=1 --", strings.Repeat("a", 5000),
				strings.Repeat("é", 50), "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6",
				`"\000\000\000\000\000\000\000\000"`, `"\377\377\377\377\377\377\377\377\377"`, `"\\\\\\\\\\\\\\\\\\"`, `"abcdefgh\"`, "a=b=c=d=e=f", "\t", "{}[]()<>@,:/?", strings.Repeat(`"`, 40), "𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞",
			} {
				for name, page := range map[string]func(*Call){"S": pageS, "R": pageR, "F": pageF, "T": pageT} {
					got := s.visit(value, page,
						func(r *http.Request) { r.Header["Cookie"] = []string{l.Cookie + "=" + value} })
					if got.status != http.StatusOK {
						t.Errorf("%s, %.40q, %s: %d %s", l.Table, value, name, got.status, got.body)
					}
				}
				if after := s.rows(); !maps.Equal(before, after) {
					t.Fatalf("%s, %.40q: the rows became %v", l.Table, value, after)
				}
			}
		}
	})
}
