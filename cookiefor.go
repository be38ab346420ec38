package gormsession

import (
	"fmt"
	"net/http"
)

// CookieAttributes are those of the cookie for one request: see [WithCookieFor]. The zero value is
// what the other options say.
type CookieAttributes struct {
	Domain      string        // "": none, the cookie goes to the host alone
	Path        string        // "": as WithPath says
	SameSite    http.SameSite // 0: as WithSameSite says
	Secure      bool          // false: as WithSecure says
	Partitioned bool          // false: as WithPartitioned says
}

// WithCookieFor gives the cookie attributes by the request, as a site of several tenants wants
// them: a Domain for each, or a Path. The function is asked at most once for a request, before the
// response of one that uses its session leaves, and has to say the same of each request of a
// tenant, or browsers ignore the deletion. It runs with the session locked, as a codec does: it
// must not use the session (see [ErrReentrant]), and after a panic of it nothing is saved. It is
// called concurrently, and takes the place of [WithDomain]. nil is the default.
//
// What [New] refuses of the other options never leaves here either. A Domain that is refused is
// left out, which is an error in the log, once: the cookie then goes to the host alone. With
// anything else nothing is saved, and the response is 500 (see [ErrCookie]).
//
// It costs safety. The Host header is the client's, so take the Domain from a list of your own,
// never from the header. A cookie with a Domain goes to each host beneath it, and each of these can
// set one of the name; it cannot have a name with __Host-. A Path hides nothing from other pages of
// its host. And attributes bind no session to its tenant: a user of one tenant may send the key to
// another one, so keep the tenant in the session, and compare it, or give each a table.
func WithCookieFor(attributes func(r *http.Request) CookieAttributes) Option {
	return func(o *options) { o.cookieFor = attributes }
}

// checkCookie refuses what makes no sense of the cookie.
func (o *options) checkCookie() error {
	if o.cookieFor != nil && o.domain != "" {
		return fmt.Errorf("WithDomain(%q) and WithCookieFor: choose one; the function of the second "+
			"says the Domain", o.domain)
	}
	return o.attributes.check()
}

// with are the attributes for a request.
func (a attributes) with(c CookieAttributes) attributes {
	a.domain = c.Domain
	if c.Path != "" {
		a.path = c.Path
	}
	if c.SameSite != 0 {
		a.sameSite = c.SameSite
	}
	if c.Secure {
		a.secure = &c.Secure
	}
	a.partitioned = a.partitioned || c.Partitioned
	return a
}

// keepAs gives the cookie these attributes, or less of them, never more. mu is held.
func (s *State) keepAs(a attributes) {
	err := a.check()
	if err != nil && a.domain != "" {
		wider := err
		if a.domain = ""; a.check() == nil {
			err = nil
			s.p.narrowed.Do(func() { s.complain(wider) })
		}
	}
	if err != nil {
		s.fail(fmt.Errorf("%w: %w", ErrCookie, err))
		return
	}
	s.keeper = a.cookie()
}

// complain says that a Domain was left out.
func (s *State) complain(err error) {
	_ = s.lend(func() error {
		s.p.opts.log().Error("gormsession: WithCookieFor has said a Domain that is refused, so the "+
			"cookie goes to the host alone, here and wherever that is so; this is said once",
			"path", s.path, "error", err)
		return nil
	})
}
