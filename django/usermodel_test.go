package django

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// customer is a user model with a get_session_auth_hash of its own.
type customer struct {
	ID                 int64
	Username, Password string
	IsActive           bool
	Generation         int
}

func (customer) TableName() string { return "people_customer" }

// customerHash is what people.Customer computes.
func customerHash(secret string, user User) string {
	row, ok := user.Row.(customer)
	if !ok {
		return ""
	}
	return SaltedHMAC("people.Customer", fmt.Sprintf("%s/%d", user.Password, row.Generation), secret)
}

// A site whose user model overrides get_session_auth_hash says so in Config: its sessions are those
// of both sides, a new generation ends them on both, and fallbacks vouch for them.
func TestAuthHashOfTheSite(t *testing.T) {
	t.Parallel()
	const retired = "retired-secret-key-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	djangotest.Each(t, func(t *testing.T, version djangotest.Version) {
		t.Parallel()
		db := dbtest.New(t, dbtest.SQLite)
		settings := djangotest.Settings{"AUTH_USER_MODEL": "people.Customer"}
		p := newPair(t, version, db, settings,
			Config{SecretKey: djangotest.SecretKey, AuthHash: customerHash})
		alice := p.newUser(t, "alice")
		find := func(condition string, value any) (User, error) {
			var row customer
			err := p.gin.db.Where(condition, value).Take(&row).Error
			return User{ID: fmt.Sprint(row.ID), Password: row.Password, Row: row}, err
		}
		lookup := func(_ context.Context, id string) (User, error) { return find("id = ?", id) }
		who := func(client *http.Client) string {
			guard := RequireLogin(lookup)
			return p.gin.visit(client, func(c *gin.Context) {
				if guard(c); !c.IsAborted() {
					c.String(http.StatusOK, CurrentUser(c).Row.(customer).Username)
				}
			}).body
		}
		loginAtGo := func(client *http.Client) {
			user, err := find("username = ?", alice)
			if err != nil {
				t.Fatal(err)
			}
			p.gin.do(client, func(s *gormsession.State) {
				if err := Login(s, user); err != nil {
					t.Error(err)
				}
			})
		}
		browsers := map[string]*http.Client{"Go": newVisitor(t), "Django": newVisitor(t)}
		loginAtGo(browsers["Go"])
		p.loginBy(t, true, browsers["Django"], alice, "pw")
		seen := func(when, want string, browsers map[string]*http.Client) {
			t.Helper()
			for where, client := range browsers {
				if got := who(client); got != want {
					t.Errorf("%s, login at %s: Go sees %q, want %q", when, where, got, want)
				}
				if got := p.whoAtDjango(t, client); got != want {
					t.Errorf("%s, login at %s: Django sees %q, want %q", when, where, got, want)
				}
			}
		}
		seen("logged in", alice, browsers)

		// A password that the user changes in Go, with the session that this is done in.
		if err := p.gin.db.Model(&customer{}).Where("username = ?",
			alice).Update("generation", 2).Error; err != nil {
			t.Fatal(err)
		}
		p.gin.do(browsers["Go"], func(s *gormsession.State) {
			user, err := find("username = ?", alice)
			if err := errors.Join(err, UpdateSessionAuthHash(s, user)); err != nil {
				t.Error(err)
			}
		})
		seen("a new generation", alice, map[string]*http.Client{"Go": browsers["Go"]})
		seen("a new generation", "", map[string]*http.Client{"Django": browsers["Django"]})
		if !strings.Contains(p.gin.log.String(), "django.Config.AuthHash") {
			t.Errorf("the log does not say why: %s", p.gin.log)
		}

		if version == djangotest.V32 {
			return // which knows no fallbacks
		}
		p.gin = newSite(t, p.gin.db, Config{SecretKey: retired, AuthHash: customerHash})
		loginAtGo(browsers["Django"])
		p.gin = newSite(t, p.gin.db, Config{
			SecretKey: djangotest.SecretKey, Fallbacks: []string{retired}, AuthHash: customerHash})
		seen("a fallback", alice, map[string]*http.Client{"Django": browsers["Django"]})
	})
}

// A lookup that forgets the password column, and a hash of the site that is nothing, are faults of
// the program: 503, said in the log, and nobody loses a session.
func TestNothingToVerifyALoginBy(t *testing.T) {
	s, _ := guardedSite(t)
	empty := newSite(t, s.db,
		Config{SecretKey: testSecret, AuthHash: func(string, User) string { return "" }})
	without := newSite(t, s.db, Config{SecretKey: testSecret, AuthHash: func(
		secret string, user User,
	) string {
		return authHash(secret, "md5$alice") // one that needs no User.Password
	}})
	other := newSite(t, s.db, Config{SecretKey: testSecret, AuthHash: func(
		secret string, user User,
	) string {
		return SaltedHMAC("people.Customer", user.Password+"/1", secret)
	}})
	client := newVisitor(t)
	s.login(client, "alice")
	key := s.keyOf(client)
	forgetful := func(ctx context.Context, id string) (User, error) {
		user, err := s.lookup(ctx, id)
		user.Password = ""
		return user, err
	}
	for _, c := range []struct {
		site   *site
		lookup Lookup
		want   int
	}{
		{s, forgetful, http.StatusServiceUnavailable},
		{empty, s.lookup, http.StatusServiceUnavailable},
		{without, forgetful, http.StatusOK},
		{other, forgetful, http.StatusServiceUnavailable},
	} {
		before := c.site.log.String()
		got := c.site.guarded(client, c.lookup, ok, WithLoginURL("/login"))
		said := strings.TrimPrefix(c.site.log.String(), before)
		if got.status != c.want || s.keyOf(client) != key {
			t.Errorf("it was answered with %d, want %d, and the key is %q", got.status, c.want,
				s.keyOf(client))
		}
		if failed := c.want != http.StatusOK; failed != strings.Contains(said, ErrNoAuthHash.Error()) {
			t.Errorf("the log says %q", said)
		}
		if row, found := s.row(key); !found {
			t.Error("the session was flushed", row)
		}
	}
	if s.who(client) != "alice" {
		t.Error("alice was logged out")
	}

	// Nobody is logged in by it either, or logged out.
	user := User{ID: "7"}
	s.do(client, func(state *gormsession.State) {
		for _, err := range []error{Login(state, user), UpdateSessionAuthHash(state, user)} {
			if !errors.Is(err, ErrNoAuthHash) || !strings.HasPrefix(err.Error(), "gormsession: ") {
				t.Errorf("it errs with %v", err)
			}
		}
	})
	if s.keyOf(client) != key || s.who(client) != "alice" {
		t.Error("alice was logged out")
	}
}

// Why a login does not count is in the log, with the session's handle, and without its key or a
// value.
func TestRejectedLoginIsInTheLog(t *testing.T) {
	type state = gormsession.State
	for want, c := range map[string]struct {
		change  func(*state)
		lookup  func(User, error) (User, error)
		flushed bool
	}{
		"_auth_user_hash is not that of the user": {flushed: true, lookup: func(
			user User, _ error,
		) (User, error) {
			user.Password = "md5$s3cret"
			return user, nil
		}},
		"there is no _auth_user_hash": {flushed: true, change: func(s *state) { s.Delete(hashEntry) }},
		"_auth_user_backend is none of django.Config.Backends": {change: func(s *state) {
			s.Set(backendEntry, "s3cret")
		}},
		"what stands in _auth_user_id is nobody's": {change: func(s *state) {
			s.Set(userEntry, []string{"s3cret"})
		}},
		"the lookup finds no such user who may log in": {lookup: func(User, error) (User, error) {
			return User{}, gorm.ErrRecordNotFound
		}},
	} {
		t.Run(want, func(t *testing.T) {
			s, _ := guardedSite(t)
			client := newVisitor(t)
			s.login(client, "alice")
			key := s.keyOf(client)
			var handle string
			s.do(client, func(state *gormsession.State) {
				if handle = state.Handle(); c.change != nil {
					c.change(state)
				}
			})
			got := s.guarded(client, func(ctx context.Context, id string) (User, error) {
				user, err := s.lookup(ctx, id)
				if c.lookup != nil {
					user, err = c.lookup(user, err)
				}
				return user, err
			}, ok)
			if got.status != http.StatusUnauthorized {
				t.Errorf("it was answered with %d", got.status)
			}
			if _, found := s.row(key); found == c.flushed {
				t.Errorf("the session is there: %v", found)
			}
			log := s.log.String()
			if strings.Count(log, "a login was rejected") != 1 ||
				!strings.Contains(log, want) || !strings.Contains(log, "session="+handle) {
				t.Errorf("the log says %q", log)
			}
			if strings.Contains(log, key) || strings.Contains(log, "s3cret") {
				t.Errorf("the log quotes the session: %q", log)
			}
		})
	}
	s, _ := guardedSite(t)
	client := newVisitor(t)
	s.guarded(client, s.lookup, ok)
	s.do(client, func(state *gormsession.State) { state.Set("a", 1) })
	s.guarded(client, s.lookup, func(c *gin.Context) { ginsession.Get(c) })
	if s.log.String() != "" {
		t.Errorf("of strangers the log says %q", s.log)
	}
}
