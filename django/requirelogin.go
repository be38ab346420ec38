package django

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// A Lookup finds the user with that ID in the application's database, and returns
// the password column as it is today. ID and Backend need not be filled in. Where
// there is no such user, or none who may log in (Django's is_active), it returns
// [gorm.ErrRecordNotFound], or an error that wraps it. It is called concurrently.
type Lookup = func(ctx context.Context, id string) (User, error)

// GetUser returns the user whose session it is, and whether there is one, as
// Django's auth.get_user does. Somebody whose password has changed since the login
// is logged out: the session is flushed. A login that a fallback of
// [Config].SecretKey vouches for is renewed with SecretKey, under a new key. The
// error is the session's own, or the lookup's; then nobody knows who it is, and
// nobody is logged out. It panics where the session is neither one of [Compatible]
// nor of [WithLogins].
//
// Renewing cycles the key, so of several requests that a browser makes at once
// right after SECRET_KEY was rotated one is let through and the others may be
// answered with 400: see [gormsession.State.CycleKey].
func GetUser(ctx context.Context, s *gormsession.State, lookup Lookup) (user User, ok bool, err error) {
	a := authOf(s)
	if err := s.Load(); err != nil {
		return User{}, false, err
	}
	id, ok := UserID(s)
	backend, _ := s.Get(backendEntry).(string)
	if !ok || !slices.Contains(a.backends, backend) {
		return User{}, false, nil
	}
	if user, err = lookup(ctx, id); errors.Is(err, gorm.ErrRecordNotFound) {
		return User{}, false, nil
	} else if err != nil {
		return User{}, false, err
	}
	switch verifyAuthHash(a.secrets, storedHash(s), user.Password) {
	case authRejected:
		s.Flush()
		return User{}, false, nil
	case authRetired:
		s.CycleKey()
		s.Set(hashEntry, authHash(a.secrets[0], user.Password))
	}
	user.ID, user.Backend = id, backend
	return user, true, s.Err()
}

// A GuardOption changes one setting of [RequireLogin].
type GuardOption func(*guard)

type guard struct {
	lookup   Lookup
	loginURL *url.URL
}

// WithLoginURL sends who is not logged in to that page (Django's LOGIN_URL), with
// the page that was asked for in the query as next. The login page must check that
// next belongs to the site before it redirects there. The default is a 401.
func WithLoginURL(address string) GuardOption {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		panic("gormsession: django.WithLoginURL needs the address of the login page, such as /accounts/login/")
	}
	return func(g *guard) { g.loginURL = u }
}

// RequireLogin is a gin middleware for pages that need a user, to be mounted after
// the session's own. It lets in who is logged in, by whichever side, and has
// [CurrentUser] return the user to the handlers inside. Everybody else gets 401, or
// is sent to the page of [WithLoginURL], as with Django's login_required. A
// session that cannot be loaded, and an error of lookup, are answered with 503.
// What it makes of the session is said at [GetUser].
func RequireLogin(lookup Lookup, opts ...GuardOption) gin.HandlerFunc {
	if lookup == nil {
		panic("gormsession: django.RequireLogin needs a function that finds the user of an ID, not nil")
	}
	g := guard{lookup: lookup}
	for _, opt := range opts {
		opt(&g)
	}
	return g.handle
}

func (g guard) handle(c *gin.Context) {
	s := ginsession.Get(c)
	user, ok, err := GetUser(c.Request.Context(), s, g.lookup)
	switch {
	case err != nil:
		if s.Err() == nil { // the session reports its own
			_ = c.Error(err)
		}
		c.AbortWithStatus(http.StatusServiceUnavailable)
	case ok:
		c.Set(userKey{}, user)
	case g.loginURL != nil:
		c.Redirect(http.StatusFound, withNext(*g.loginURL, c.Request.URL.RequestURI()))
		c.Abort()
	default:
		c.AbortWithStatus(http.StatusUnauthorized)
	}
}

// withNext leaves slashes readable, as Django does.
func withNext(u url.URL, next string) string {
	query := u.Query()
	query.Set("next", next)
	u.RawQuery = strings.ReplaceAll(query.Encode(), "%2F", "/")
	return u.String()
}

// userKey is where a gin.Context has its user.
type userKey struct{}

// CurrentUser returns the user whom [RequireLogin] has let in, with the Row of its
// lookup. It panics where that is not mounted on the route.
func CurrentUser(c *gin.Context) User {
	user, ok := c.Get(userKey{})
	if !ok {
		panic("gormsession: django.CurrentUser found no user: mount django.RequireLogin before the route")
	}
	return user.(User)
}
