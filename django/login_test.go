package django

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// newUser makes a user of that test's own, whose password is pw, and returns the name.
func (p *pair) newUser(t *testing.T, name string) string {
	t.Helper()
	name = strings.ReplaceAll(t.Name(), "/", "-") + "-" + name
	p.django.Must(t, http.DefaultClient, step{"make_user", name, "pw"})
	return name
}

// whoAtDjango is the name of the user whom Django sees, "" if there is none.
func (p *pair) whoAtDjango(t *testing.T, client *http.Client) string {
	t.Helper()
	name, _ := p.django.Must(t, client, step{"user"}).Result(t, 0).(string)
	return name
}

// sees checks whom both sides see.
func (p *pair) sees(t *testing.T, client *http.Client, name string) {
	t.Helper()
	if got := p.gin.who(client); got != name {
		t.Errorf("Go sees %q, want %q", got, name)
	}
	if got := p.whoAtDjango(t, client); got != name {
		t.Errorf("Django sees %q, want %q", got, name)
	}
}

// loginBy logs a user in on one of the sides.
func (p *pair) loginBy(t *testing.T, django bool, client *http.Client, name, password string) {
	t.Helper()
	if !django {
		p.gin.login(client, name)
	} else if got := p.django.Must(t, client,
		step{"login", name, password}); got.Result(t, 0) != true {
		t.Errorf("Django refused %s", name)
	}
}

// testLogin: a login on one side is one on the other, by the same rules.
func testLogin(t *testing.T, p *pair) {
	alice, bob := p.newUser(t, "alice"), p.newUser(t, "bob")
	for _, django := range []bool{false, true} {
		client := newVisitor(t)
		p.gin.do(client, func(s *gormsession.State) { s.Set("cart", "tea") })
		anonymous := p.gin.keyOf(client)
		p.sees(t, client, "")

		p.loginBy(t, django, client, alice, "pw")
		key := p.gin.keyOf(client)
		if _, found := p.gin.row(anonymous); found || key == anonymous {
			t.Error("the key of before the login is still good")
		}
		p.sees(t, client, alice)
		want := map[string]any{"cart": "tea", userEntry: p.gin.user(alice).ID,
			backendEntry: DefaultBackend,
			hashEntry:    authHash(djangotest.SecretKey, p.gin.user(alice).Password)}
		if row, _ := p.gin.row(key); !sameValue(p.gin.entries(row), want) {
			t.Errorf("the session holds %v, want %v", p.gin.entries(row), want)
		}

		for _, again := range []bool{false, true} {
			p.loginBy(t, again, client, alice, "pw")
			if p.gin.keyOf(client) != key {
				t.Error("another login of the same user has changed the key")
			}
		}

		p.setPassword(t, alice, "new")
		p.loginBy(t, django, client, alice, "new")
		p.sees(t, client, alice)
		if _, found := p.gin.row(key); found || p.gin.keyOf(client) == key {
			t.Error("the session of before the change of the password lives on")
		}
		key = p.gin.keyOf(client)
		p.setPassword(t, alice, "pw")

		p.loginBy(t, django, client, bob, "pw")
		p.sees(t, client, bob)
		if _, found := p.gin.row(key); found || p.gin.keyOf(client) == key {
			t.Error("the session of the user before lives on")
		}
		if got := p.django.Must(t, client, step{"get", "cart"}); string(got.Results[0]) != "null" {
			t.Errorf("bob has the cart of alice: %s", got.Results[0])
		}
	}
}

func testLogout(t *testing.T, p *pair) {
	alice := p.newUser(t, "alice")
	for _, loginByDjango := range []bool{false, true} {
		for _, logoutByDjango := range []bool{false, true} {
			client := newVisitor(t)
			p.loginBy(t, loginByDjango, client, alice, "pw")
			key := p.gin.keyOf(client)
			if logoutByDjango {
				p.django.Must(t, client, step{"logout"})
			} else {
				p.gin.do(client, Logout)
			}
			if _, found := p.gin.row(key); found || p.gin.keyOf(client) != "" {
				t.Error("the row or the cookie is still there")
			}
			p.sees(t, client, "")
		}
	}
}

// testDoubtfulLogins: what one side makes of a login that it does not trust, the other makes of it
// too.
func testDoubtfulLogins(t *testing.T, p *pair) {
	alice := p.newUser(t, "alice")
	active := func(active bool) func(*gormsession.State) {
		return func(*gormsession.State) {
			if err := p.gin.db.Model(&authUser{}).Where("username = ?",
				alice).Update("is_active", active).Error; err != nil {
				t.Error(err)
			}
		}
	}
	for what, c := range map[string]struct {
		do, undo func(*gormsession.State)
		who      string
		flushed  bool
	}{
		"nothing":       {do: func(*gormsession.State) {}, who: alice},
		"no hash":       {do: func(s *gormsession.State) { s.Delete(hashEntry) }, flushed: true},
		"an empty hash": {do: func(s *gormsession.State) { s.Set(hashEntry, "") }, flushed: true},
		"another hash": {
			do: func(s *gormsession.State) { s.Set(hashEntry, authHash("another", "pw")) }, flushed: true,
		},
		"no backend":      {do: func(s *gormsession.State) { s.Delete(backendEntry) }},
		"another backend": {do: func(s *gormsession.State) { s.Set(backendEntry, "another.Backend") }},
		"no ID":           {do: func(s *gormsession.State) { s.Delete(userEntry) }},
		"an ID of nobody": {do: func(s *gormsession.State) { s.Set(userEntry, "123456") }},
		"an ID as number": {
			do: func(s *gormsession.State) {
				gormsession.Field[int](userEntry).Set(s, int(atoi(p.gin.user(alice).ID)))
			},
			who: alice,
		},
		"inactive": {do: active(false), undo: active(true)},
	} {
		for _, django := range []bool{false, true} {
			client := newVisitor(t)
			p.loginBy(t, !django, client, alice, "pw")
			key := p.gin.keyOf(client)
			p.gin.do(client, c.do)
			who := p.gin.who
			if django {
				who = func(client *http.Client) string { return p.whoAtDjango(t, client) }
			}
			if got := who(client); got != c.who {
				t.Errorf("%s, at Django %v: it sees %q, want %q", what, django, got, c.who)
			}
			if _, found := p.gin.row(key); found == c.flushed {
				t.Errorf("%s, at Django %v: the session is there: %v", what, django, found)
			}
			if c.undo != nil {
				p.gin.do(client, c.undo)
				p.sees(t, client, alice)
			}
		}
	}
}

func atoi(text string) (n int64) {
	_, _ = fmt.Sscan(text, &n)
	return n
}

// With CSRF_USE_SESSIONS, a login on either side makes Django forget the secret of the forms that
// the visitor had before.
func TestFormSecret(t *testing.T) {
	t.Parallel()
	p := newPair(t, djangotest.V52, dbtest.New(t, dbtest.SQLite), djangotest.Settings{
		"CSRF_USE_SESSIONS": true,
		"MIDDLEWARE": []string{"django.contrib.sessions.middleware.SessionMiddleware",
			"django.middleware.csrf.CsrfViewMiddleware",
			"django.contrib.auth.middleware.AuthenticationMiddleware"},
	}, Config{SecretKey: djangotest.SecretKey})
	alice := p.newUser(t, "alice")
	for _, django := range []bool{false, true} {
		client := newVisitor(t)
		p.django.Must(t, client, step{"csrf_token"}, step{"set", "cart", "tea"})
		before := p.django.Must(t, client, step{"get", csrfEntry}).Result(t, 0)
		p.loginBy(t, django, client, alice, "pw")
		p.django.Must(t, client, step{"csrf_token"})
		got := p.django.Must(t, client, step{"get", csrfEntry}, step{"get", "cart"}, step{"user"})
		if after := got.Result(t, 0); before == nil || after == nil || after == before {
			t.Errorf("login at Django %v: the secret was %v and is %v", django, before, after)
		}
		if got.Result(t, 1) != "tea" || got.Result(t, 2) != alice {
			t.Errorf("the session has %s", got.Results)
		}
	}
}

func TestUserPrintsNoPassword(t *testing.T) {
	user := User{ID: "1", Password: "md5$s3cret"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, user); text != "user 1" {
			t.Errorf("%s prints %s", format, text)
		}
	}
	if text := slog.AnyValue(user).Resolve().String(); text != "user 1" {
		t.Errorf("the log says %s", text)
	}
}
