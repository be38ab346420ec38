package suite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// A name that is empty, as that of a variable which nobody has set, is refused and never means the
// default; the last one counts.
func (on behind) TestEmptyNamesAreRefused(t *testing.T) {
	t.Parallel()
	type opts = []gormsession.Option
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	table, cookie := gormsession.WithTable, gormsession.WithCookieName
	django := withLayout(layout.Django())
	for name, c := range map[string]struct {
		opts opts
		want string
	}{
		"a table":             {opts{table("")}, `WithTable(""): leave it out for the default, web_`},
		"Django's table":      {opts{table(""), django}, `WithTable(""): leave it out for the def`},
		"a model's table":     {opts{table(""), gormsession.WithModel(visitor)}, `WithTable("")`},
		"a former table":      {opts{gormsession.WithFormer(table(""))}, `WithTable("")`},
		"the last table":      {opts{table("visits"), table("")}, `WithTable("")`},
		"a cookie":            {opts{cookie("")}, `WithCookieName(""): leave it out`},
		"Django's cookie":     {opts{django, cookie("")}, `WithCookieName(""): leave it out`},
		"the last cookie":     {opts{cookie("id"), cookie("")}, `WithCookieName("")`},
		"a cookie for former": {opts{cookie(""), gormsession.WithFormer(django)}, `WithCookieName("")`},
		"another table":       {opts{table(""), table("visits")}, ""},
		"another cookie":      {opts{cookie(""), cookie("id")}, ""},
	} {
		switch _, err := gormsession.New(db, c.opts...); {
		case c.want == "" && err != nil:
			t.Errorf("%s: New said %v", name, err)
		case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), "gormsession: "+c.want)):
			t.Errorf("%s: New said %v, want %s", name, err, c.want)
		}
	}
}

// Browsers drop a cookie that lacks what the prefix of its name demands (RFC 6265bis, 4.1.3 and
// 5.7), so such options are refused, and what can be given by itself is.
func (on cases) TestCookieNamePrefixes(t *testing.T) {
	t.Parallel()
	insecure, readable := gormsession.WithSecure(false), gormsession.WithHTTPOnly(false)
	domain, path := gormsession.WithDomain("example.com"), gormsession.WithPath("/app")
	for prefix, refused := range map[string]map[string]gormsession.Option{
		"__Secure-": {"not Secure": insecure},
		"__Host-":   {"not Secure": insecure, "no Domain": domain, "the path /": path},
		"__Http-":   {"not Secure": insecure, "is HttpOnly": readable},
		"__Host-Http-": {
			"not Secure": insecure, "no Domain": domain, "the path /": path, "is HttpOnly": readable,
		},
	} {
		for _, spelled := range []string{prefix, strings.ToUpper(prefix), strings.ToLower(prefix)} {
			name := spelled + "id"
			named := gormsession.WithCookieName(name)
			s := on.newSite(t, dbtest.New(t, dbtest.SQLite), named)
			s.cookieName = name
			got := s.visit("", pageW)
			if c := got.cookie; c == nil || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
				t.Errorf("%s: the cookie is %s", name, got.line)
			}
			got = s.visit(got.cookie.Value, func(c *Call) { c.Session().Flush() })
			if c := got.cookie; c == nil || c.MaxAge >= 0 || !c.Secure || !c.HttpOnly {
				t.Errorf("%s: the cookie is deleted by %s", name, got.line)
			}
			for what, option := range map[string]gormsession.Option{
				"not Secure": insecure, "no Domain": domain, "the path /": path, "is HttpOnly": readable,
			} {
				_, err := gormsession.New(s.db, named, option)
				if refused[what] == nil && err != nil {
					t.Errorf("%s: New said %v", name, err)
				}
				said := fmt.Sprint(err)
				if refused[what] != nil && !(strings.Contains(said, what) && strings.Contains(said, prefix)) {
					t.Errorf("%s: New said %s, want %s", name, said, what)
				}
			}
		}
	}
}
