package django

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// guardedSite has a user of Django's, without a Django.
func guardedSite(t *testing.T, opts ...gormsession.Option) (*site, *dbtest.Statements) {
	t.Helper()
	db, statements := dbtest.New(t, dbtest.SQLite).OpenCounted(t)
	s := newSite(t, db, Config{SecretKey: testSecret}, opts...)
	if err := db.AutoMigrate(&authUser{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Create(&authUser{
		ID: 7, Username: "alice", Password: "md5$alice", IsActive: true,
	}).Error; err != nil {
		t.Fatal(err)
	}
	return s, statements
}

// guarded is a page inside of RequireLogin.
func (s *site) guarded(
	client *http.Client, lookup Lookup, page gin.HandlerFunc, opts ...GuardOption,
) reply {
	s.t.Helper()
	guard := RequireLogin(lookup, opts...)
	return s.visit(client, func(c *gin.Context) {
		if guard(c); !c.IsAborted() {
			page(c)
		}
	})
}

func ok(c *gin.Context) { c.String(http.StatusOK, "ok") }

func TestRequireLogin(t *testing.T) {
	s, _ := guardedSite(t)
	client := newVisitor(t)
	got := s.guarded(client, s.lookup, ok)
	if got.status != http.StatusUnauthorized || got.body != "" || got.header.Get("Vary") != "Cookie" {
		t.Errorf("a stranger got %d %q, Vary %q", got.status, got.body, got.header.Get("Vary"))
	}
	s.login(client, "alice")
	got = s.guarded(client, s.lookup, func(c *gin.Context) {
		user := CurrentUser(c)
		if id, loggedIn := UserID(ginsession.Get(c)); id != "7" || !loggedIn {
			t.Errorf("UserID is %q, %v", id, loggedIn)
		}
		if user.ID != "7" || user.Backend != DefaultBackend || user.Row.(authUser).Username != "alice" {
			t.Errorf("the user is %#v of %s: %v", user, user.Backend, user.Row)
		}
		ok(c)
	})
	if got.status != http.StatusOK || got.body != "ok" || got.header.Get("Vary") != "Cookie" ||
		got.header.Get("Set-Cookie") != "" {
		t.Errorf("alice got %d %q, Vary %q, cookie %q", got.status, got.body, got.header.Get("Vary"),
			got.header.Get("Set-Cookie"))
	}
}

func TestLoginURL(t *testing.T) {
	for address, want := range map[string]string{
		"/accounts/login/":           "/accounts/login/?next=/page0%3Fa%3Db%26c%3Dd/",
		"/login?lang=en&next=/other": "/login?lang=en&next=/page0%3Fa%3Db%26c%3Dd/",
		"https://id.example/login":   "https://id.example/login?next=HERE/page0%3Fa%3Db%26c%3Dd/",
	} {
		s, _ := guardedSite(t)
		want = strings.Replace(want, "HERE", strings.ReplaceAll(s.url, ":", "%3A"), 1)
		guard := RequireLogin(s.lookup, WithLoginURL(address))
		got := s.visit(newVisitor(t), func(c *gin.Context) {
			if guard(c); !c.IsAborted() {
				t.Error("a stranger came in")
			}
		}, func(r *http.Request) { r.URL.RawQuery = "a=b&c=d/" })
		if location := got.header.Get("Location"); got.status != http.StatusFound || location != want {
			t.Errorf("%d to %s, want %s", got.status, location, want)
		}
	}
	for _, address := range []string{"", ":"} {
		wantPanic(t, "django.WithLoginURL needs the address", func() { WithLoginURL(address) })
	}
}

// A fault is no logout, also where an error handler leaves the answer to the guard.
func TestRequireLoginFaults(t *testing.T) {
	s, statements := guardedSite(t,
		gormsession.WithErrorHandler(func(http.ResponseWriter, *http.Request, error) bool {
			return false
		}))
	client := newVisitor(t)
	s.login(client, "alice")
	key := s.keyOf(client)
	broken := errors.New("the disk is full")

	got := s.guarded(client, func(context.Context, string) (User, error) { return User{}, broken }, ok)
	if got.status != http.StatusServiceUnavailable || got.body != "" {
		t.Errorf("an error of the lookup was answered with %d %q", got.status, got.body)
	}
	var reported []error
	guard := RequireLogin(func(context.Context, string) (User, error) { return User{}, broken })
	s.visit(client, func(c *gin.Context) {
		guard(c)
		for _, report := range c.Errors {
			reported = append(reported, report.Err)
		}
	})
	if len(reported) != 1 || !errors.Is(reported[0], broken) {
		t.Errorf("c.Errors holds %v", reported)
	}

	statements.Fail(func(sql string) error {
		if strings.Contains(sql, "django_session") {
			return broken
		}
		return nil
	})
	got = s.guarded(client, s.lookup, ok)
	if got.status != http.StatusServiceUnavailable ||
		!strings.Contains(s.log.String(), broken.Error()) {
		t.Errorf("a fault of the session was answered with %d %q\n%s", got.status, got.body, s.log)
	}
	var err error
	s.visit(client, func(c *gin.Context) { err = Login(ginsession.Get(c), User{ID: "7"}) })
	if !errors.Is(err, gormsession.ErrUnavailable) {
		t.Errorf("a login gave %v", err)
	}
	statements.Fail(nil)

	if s.keyOf(client) != key || s.who(client) != "alice" {
		t.Error("alice was logged out by a fault")
	}
}

// Somebody whom the lookup does not know is anonymous, and keeps the session.
func TestRequireLoginOfNobody(t *testing.T) {
	s, _ := guardedSite(t)
	client := newVisitor(t)
	s.login(client, "alice")
	for _, err := range []error{
		gorm.ErrRecordNotFound, errors.Join(errors.New("no user"), gorm.ErrRecordNotFound),
	} {
		if got := s.guarded(client, func(context.Context, string) (User, error) { return User{}, err },
			ok); got.status != http.StatusUnauthorized {
			t.Errorf("%v was answered with %d", err, got.status)
		}
	}
	if s.who(client) != "alice" {
		t.Error("alice was logged out")
	}
}

// A changed password ends the session also where the page is not to be had then.
func TestRequireLoginFlushes(t *testing.T) {
	s, _ := guardedSite(t)
	client := newVisitor(t)
	s.login(client, "alice")
	key := s.keyOf(client)
	got := s.guarded(client,
		func(context.Context, string) (User, error) {
			return User{Password: "md5$changed"}, nil
		}, ok, WithLoginURL("/login"))
	if _, found := s.row(key); found || got.status != http.StatusFound || s.keyOf(client) != "" {
		t.Errorf("it was answered with %d, the row is there: %v, the cookie is %q", got.status, found,
			s.keyOf(client))
	}
}

// The lookup gets the context of the request.
func TestRequireLoginContext(t *testing.T) {
	s, _ := guardedSite(t)
	client := newVisitor(t)
	s.login(client, "alice")
	type mark struct{}
	guard := RequireLogin(func(ctx context.Context, id string) (User, error) {
		if ctx.Value(mark{}) != "marked" || id != "7" {
			t.Errorf("the lookup of %s got another context", id)
		}
		return s.lookup(ctx, id)
	})
	s.visit(client, func(c *gin.Context) {
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), mark{}, "marked"))
		if guard(c); c.IsAborted() {
			t.Error("alice is not let in")
		}
	})
}

func TestLoginRefuses(t *testing.T) {
	s, _ := guardedSite(t)
	for want, user := range map[string]User{
		"the user has no ID":                {Password: "md5$alice"},
		"add it to django.Config.Backends,": {ID: "7", Backend: "another.Backend"},
	} {
		client := newVisitor(t)
		s.do(client, func(state *gormsession.State) {
			if err := Login(state, user); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v", user, err)
			}
		})
		if s.keyOf(client) != "" {
			t.Error("a session was made")
		}
	}
}

// The settings name backends: the first one is a login's own, and those of others do not count.
func TestBackends(t *testing.T) {
	s, _ := guardedSite(t)
	other := newSite(t, s.db,
		Config{SecretKey: testSecret, Backends: []string{"shop.Backend", DefaultBackend}})
	client := newVisitor(t)
	other.login(client, "alice")
	other.do(client, func(s *gormsession.State) {
		if got := s.Get(backendEntry); got != "shop.Backend" {
			t.Errorf("the login was by %v", got)
		}
	})
	if other.who(client) != "alice" || s.who(client) != "" || other.who(client) != "alice" {
		t.Error("the session of another backend counts, or was flushed")
	}
	client = newVisitor(t)
	s.login(client, "alice")
	if other.who(client) != "alice" {
		t.Error("the session of the second backend does not count")
	}
}

// Whoever forgets an option is told so.
func TestMisuse(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	plugin, err := gormsession.New(db)
	if err != nil {
		t.Fatal(err)
	}
	state, err := plugin.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	const want = "give gormsession.New or ginsession.New the option django.Compatible"
	wantPanic(t, want, func() { _ = Login(state, User{ID: "7"}) })
	wantPanic(t, want, func() { _ = UpdateSessionAuthHash(state, User{ID: "7"}) })
	wantPanic(t, want, func() { _, _, _ = GetUser(t.Context(), state, nil) })
	wantPanic(t, "django.RequireLogin needs a function", func() { RequireLogin(nil) })
	c, _ := gin.CreateTestContext(nil)
	wantPanic(t, "mount django.RequireLogin before the route", func() { CurrentUser(c) })
}

func wantPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, want) {
			t.Errorf("it panics with %q, want %q", text, want)
		}
	}()
	f()
}
