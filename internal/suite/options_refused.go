package suite

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// Nonsense is refused at construction, with the sentence that mends it, before the database is
// asked.
func (on behind) TestOptionsRefused(t *testing.T) {
	type opts = []gormsession.Option
	none := gormsession.WithSameSite(http.SameSiteNoneMode)
	host, secure := gormsession.WithCookieName("__Host-id"), gormsession.WithCookieName("__Secure-id")
	insecure := gormsession.WithSecure(false)
	for want, nonsense := range map[string][]opts{
		"WithSecure(false): browsers refuse a cookie with SameSite=None that is not Secure; leave one" +
			" of the two out": {
			{none, insecure}, {insecure, none},
		},
		"cookie with a name that begins with __Host- that is not Secure": {
			{host, insecure}, {gormsession.WithCookieName("__HOST-id"), insecure},
		},
		"cookie with a name that begins with __Secure- that is not Secure": {
			{secure, insecure},
			{gormsession.WithOptions(insecure, gormsession.WithCookieName("__secure-id"))},
		},
		"cookie with Partitioned that is not Secure": {
			{gormsession.WithPartitioned(), insecure},
		},
		"__Host- has no Domain, or browsers refuse it; leave one of the two out": {
			{host, gormsession.WithDomain("example.com")},
		},
		"__Host- has the path /, or browsers refuse it": {
			{host, gormsession.WithPath("/app")},
		},
		"is no table name: WithTable takes letters, digits and _, and one dot after a schema": {
			{gormsession.WithTable("web sessions")}, {
				gormsession.WithTable("web-sessions"),
			}, {gormsession.WithTable("a.b.c")}, {gormsession.WithTable(".a")},
			{gormsession.WithTable("a.")}, {gormsession.WithTable("1a")}, {gormsession.WithTable(`a"; DROP TABLE b`)}, {gormsession.WithTable("a\n")},
			{gormsession.WithTable("séances")}, {gormsession.WithTable(strings.Repeat("a", 64))},
		},
		"a name is of ASCII letters": {
			{gormsession.WithCookieName("a b")}, {gormsession.WithCookieName("a=b")},
			{gormsession.WithCookieName("a;")}, {gormsession.WithCookieName("é")},
		},
		`WithDomain("https://a.com"): a domain is a host's name, such as example.com, without a scheme`: {
			{gormsession.WithDomain("https://a.com")},
		},
		"without a scheme, a port or a path": {
			{gormsession.WithDomain("a.com:8080")}, {
				gormsession.WithDomain("a.com/"),
			}, {gormsession.WithDomain("a b")},
		},
		"a path begins with /":             {{gormsession.WithPath("")}, {gormsession.WithPath("app")}},
		"WithPath(\"/a;b\"): a path is of": {{gormsession.WithPath("/a;b")}},
		"and WithCookieFor: choose one; the function of the second says the Domain": {
			{gormsession.WithDomain("a.example"), gormsession.WithCookieFor(
				func(*http.Request) (c gormsession.CookieAttributes) { return c })},
		},
		`WithKeyHeader(""): leave it out`: {{gormsession.WithKeyHeader("")}},
		"a name is of ASCII letters, digits and !#$%&'*+-.^_`|~ (RFC 9110": {
			{gormsession.WithKeyHeader("X Session")}, {gormsession.WithKeyHeader("X-Session:")},
			{gormsession.WithKeyHeader("X-Séance")}, {gormsession.WithKeyHeader("X\r\nY")},
		},
		"that header has a meaning of its own; take one of the site's": {
			{gormsession.WithKeyHeader("cookie")}, {gormsession.WithKeyHeader("SET-COOKIE")},
			{gormsession.WithKeyHeader("authorization")}, {gormsession.WithKeyHeader("Vary")},
			{gormsession.WithKeyHeader("proxy-authorization")}, {gormsession.WithKeyHeader("Location")},
			{gormsession.WithKeyHeader("X-Accel-Redirect")}, {gormsession.WithKeyHeader("Host")},
			{gormsession.WithKeyHeader("CDN-Cache-Control")},
			{gormsession.WithKeyHeader("Access-Control-Allow-Origin")},
		},
		"WithSameSite(0): take one of":  {{gormsession.WithSameSite(0)}},
		"WithSameSite(99): take one of": {{gormsession.WithSameSite(99)}},
		"WithLifetime takes a second or more, such as 14*24*time.Hour; SetExpiry(0) or " +
			"WithBrowserSession ends a session with the browser": {
			{gormsession.WithLifetime(0)}, {
				gormsession.WithLifetime(-time.Hour),
			}, {gormsession.WithLifetime(time.Millisecond)},
		},
		"WithLifetime takes 250 years at most": {
			{gormsession.WithLifetime(290 * 365 * 24 * time.Hour)},
		},
		"a step is of whole seconds; 0 turns rounding off": {
			{gormsession.WithExpiryStep(-time.Second)},
			{gormsession.WithExpiryStep(1500 * time.Millisecond)},
		},
		"WithExpiryStep(2h0m0s) is longer than the lifetime": {
			{gormsession.WithExpiryStep(2 * time.Hour), gormsession.WithLifetime(time.Hour)},
		},
		"WithTimeout(0s): a load or a save needs some time":  {{gormsession.WithTimeout(0)}},
		"WithTimeout(-1s): a load or a save needs some time": {{gormsession.WithTimeout(-time.Second)}},
		"WithCleanup(-1s): 0 turns":                          {{gormsession.WithCleanup(-time.Second)}},
		"WithHeldBytes(-1): 0 saves at the first byte":       {{gormsession.WithHeldBytes(-1)}},
		"WithCodec(nil): leave it out for JSON":              {{gormsession.WithCodec(nil)}},
		"WithClock(nil): leave it out for time.Now":          {{gormsession.WithClock(nil)}},
		"WithUserLimit(0): a user has a session or more": {
			{gormsession.WithUserLimit(0)},
		},
		"WithUserLimitRefusing(-1): a user has a session or more": {
			{gormsession.WithUserLimitRefusing(-1)},
		},
		"WithUserLimit and WithUserLimitRefusing: choose one": {
			{gormsession.WithUserLimit(2), gormsession.WithUserLimitRefusing(2)},
			{gormsession.WithUserLimitRefusing(2), gormsession.WithUserLimit(2)},
		},
		"WithUserLimitRefusing beside a former table that does not say whose its sessions are": {
			{gormsession.WithUserLimitRefusing(2), gormsession.WithFormer(gormsession.WithTable("old"))},
		},
		"WithUsers on Django's table: Django would write rows without a user": {
			{withLayout(layout.Django()), gormsession.WithUsers()},
			{withLayout(layout.Django()), gormsession.WithUserLimit(2)},
			{withLayout(layout.Django()), gormsession.WithUserLimitRefusing(2)},
		},
		"WithSaveEveryRequest and WithRolling: choose one": {
			{gormsession.WithSaveEveryRequest(), gormsession.WithRolling()},
			{gormsession.WithRolling(), gormsession.WithSaveEveryRequest()},
		},
	} {
		for i, o := range nonsense {
			db, statements := dbtest.New(t, dbtest.SQLite).OpenCounted(t)
			for from, err := range map[string]error{
				"New":     errorOf(gormsession.New(db, o...)),
				"Migrate": gormsession.Migrate(db, o...),
			} {
				if err == nil || !strings.HasPrefix(err.Error(), "gormsession: ") ||
					!strings.Contains(err.Error(), want) {
					t.Errorf("%s (%d): %s said %v", want, i, from, err)
				}
			}
			if asked := statements.All(); len(asked) > 0 {
				t.Errorf("%s (%d): the database was asked %q", want, i, asked)
			}
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

// Where nobody is to be asked, or told, nil says so.
func (on behind) TestNilIsNobody(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), nil, gormsession.WithUsers(),
		gormsession.WithEncryption(sealKeyA), gormsession.WithEvents(nil),
		gormsession.WithEvents(gormsession.LogEvents(nil)), gormsession.WithOperations(nil),
		gormsession.WithCookieFor(nil), gormsession.WithErrorHandler(nil))
	s.start(map[string]any{"user_id": 42})
	if done, err := s.plugin.FillUsers(t.Context(), "user_id", nil); done.Rows != 1 || err != nil {
		t.Errorf("filled %+v, %v", done, err)
	}
	if _, err := s.plugin.Reseal(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
