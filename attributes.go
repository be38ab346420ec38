package gormsession

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/seed7368b609/gormsession/internal/header"
)

// attributes are those of the cookie.
type attributes struct {
	cookieName  string // as WithCookieName says, else the layout's
	domain      string
	path        string
	secure      *bool // nil: where the request was
	httpOnly    bool
	sameSite    http.SameSite
	partitioned bool
}

// cookie is the cookie that has them.
func (a attributes) cookie() *header.Cookie {
	c := &header.Cookie{
		Name: a.cookieName, Domain: a.domain, Path: a.path,
		HTTPOnly: a.httpOnly, SameSite: a.sameSite, Partitioned: a.partitioned,
	}
	switch {
	case a.alwaysSecure() != "", a.secure != nil && *a.secure:
		c.Secure = header.Always
	case a.secure != nil:
		c.Secure = header.Never
	}
	return c
}

// check refuses what browsers do not accept, or what an http.Cookie leaves out without a word.
func (a attributes) check() error {
	if a.sameSite < http.SameSiteDefaultMode || a.sameSite > http.SameSiteNoneMode {
		return fmt.Errorf(
			"WithSameSite(%d): take one of http.SameSiteLaxMode, StrictMode, NoneMode, or DefaultMode "+
				"for none",
			a.sameSite,
		)
	}
	if !strings.HasPrefix(a.path, "/") {
		return fmt.Errorf(
			"WithPath(%q): a path begins with /, or browsers ignore it (RFC 6265, 5.2.4)", a.path,
		)
	}
	invalid := func(c http.Cookie) bool { return c.Valid() != nil }
	switch name := a.cookieName; {
	case invalid(http.Cookie{Name: name}):
		return fmt.Errorf(
			"WithCookieName(%q): a name is of ASCII letters, digits and !#$%%&'*+-.^_`|~"+
				" (RFC 6265, 4.1.1)",
			name,
		)
	case invalid(http.Cookie{Name: name, Path: a.path}):
		return fmt.Errorf("WithPath(%q): a path is of printable ASCII without a semicolon"+
			" (RFC 6265, 4.1.1)", a.path)
	case invalid(http.Cookie{Name: name, Domain: a.domain}):
		return fmt.Errorf(
			"WithDomain(%q): a domain is a host's name, such as example.com, without a"+
				" scheme, a port or a path",
			a.domain,
		)
	}
	if err := a.checkPrefix(); err != nil {
		return err
	}
	return a.checkSecure()
}

// checkPrefix refuses what browsers do not accept of a cookie with a prefix in its name (RFC
// 6265bis, 4.1.3). What __Host- demands, __Host-Http- does too.
func (a attributes) checkPrefix() error {
	prefix := a.cookiePrefix()
	switch host := strings.HasPrefix(prefix, "__Host-"); {
	case host && a.domain != "":
		return fmt.Errorf("WithDomain(%q): a cookie whose name begins with %s has no Domain,"+
			" or browsers refuse it; leave one of the two out", a.domain, prefix)
	case host && a.path != "/":
		return fmt.Errorf("WithPath(%q): a cookie whose name begins with %s has the path /,"+
			" or browsers refuse it; leave one of the two out", a.path, prefix)
	case strings.HasSuffix(prefix, "Http-") && !a.httpOnly:
		return fmt.Errorf("WithHTTPOnly(false): a cookie whose name begins with %s is HttpOnly,"+
			" or browsers refuse it; leave one of the two out", prefix)
	}
	return nil
}

func (a attributes) checkSecure() error {
	if reason := a.alwaysSecure(); reason != "" && a.secure != nil && !*a.secure {
		return fmt.Errorf(
			"WithSecure(false): browsers refuse a cookie with %s that is not Secure; leave one of the "+
				"two out",
			reason,
		)
	}
	return nil
}

// alwaysSecure says what makes browsers refuse the cookie without Secure, or nothing.
func (a attributes) alwaysSecure() string {
	switch prefix := a.cookiePrefix(); {
	case a.sameSite == http.SameSiteNoneMode:
		return "SameSite=None"
	case a.partitioned:
		return "Partitioned"
	case prefix != "":
		return "a name that begins with " + prefix
	}
	return ""
}

// cookiePrefix is the longest prefix of RFC 6265bis that the cookie's name has, if any. All of them
// demand Secure. Case is ignored, as browsers do.
func (a attributes) cookiePrefix() string {
	for _, prefix := range []string{"__Host-Http-", "__Host-", "__Http-", "__Secure-"} {
		if n := len(prefix); len(a.cookieName) >= n && strings.EqualFold(a.cookieName[:n], prefix) {
			return prefix
		}
	}
	return ""
}
