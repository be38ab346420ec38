package gormsession

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/lifetime"
)

var tableName = regexp.MustCompile(
	`^[A-Za-z_][A-Za-z0-9_$]{0,62}(\.[A-Za-z_][A-Za-z0-9_$]{0,62})?$`,
).MatchString

// newOptions applies opts to the defaults, fills in what depends on others, and refuses nonsense
// with the sentence that mends it.
func newOptions(opts []Option) (*options, error) {
	o := defaultOptions()
	WithOptions(opts...)(o)
	if o.layout.Err != nil {
		return nil, o.layout.Err
	}
	if err := o.checkNames(); err != nil {
		return nil, fmt.Errorf("gormsession: %w", err)
	}
	if o.table == "" {
		o.table = o.layout.Table
		if named := o.model.tableName(); named != "" &&
			named != sessionModel.tableName() { // else it is Session's, promoted
			o.table = named
		}
	}
	if err := o.keepUsers(); err != nil {
		return nil, fmt.Errorf("gormsession: %w", err)
	}
	if err := o.makeFormer(); err != nil {
		return nil, err
	}
	if o.cookieName == "" {
		o.cookieName = o.layout.Cookie
	}
	if o.lives.Age < time.Second {
		return nil, fmt.Errorf(
			"gormsession: a lifetime of %v: WithLifetime takes a second or more; SetExpiry(0) or "+
				"WithBrowserSession ends a session with the browser",
			o.lives.Age,
		)
	}
	if o.lives.Age > lifetime.MaxAge {
		return nil, fmt.Errorf(
			"gormsession: a lifetime of %v: WithLifetime takes 250 years at most", o.lives.Age,
		)
	}
	if !o.stepIsSet {
		o.lives.Step = lifetime.DefaultStep(o.lives.Age)
	}
	for _, check := range []func(*options) error{
		checkStore, checkTimes, (*options).checkBounds, checkCookie, checkSecure, (*options).checkSeal,
		(*options).checkRotation,
	} {
		if err := check(o); err != nil {
			return nil, fmt.Errorf("gormsession: %w", err)
		}
	}
	return o, nil
}

// checkNames refuses an empty name, such as that of a variable which nobody has set: it would mean
// the default without a word.
func (o *options) checkNames() error {
	switch {
	case o.tableNamed && o.table == "":
		return fmt.Errorf("WithTable(\"\"): leave it out for the default, %s", o.layout.Table)
	case o.cookieNamed && o.cookieName == "":
		return fmt.Errorf("WithCookieName(\"\"): leave it out for the default, %s", o.layout.Cookie)
	}
	return nil
}

func checkStore(o *options) error {
	switch {
	case !tableName(o.table):
		return fmt.Errorf(
			"%q is no table name: WithTable takes letters, digits and _, and one dot after a schema",
			o.table,
		)
	case o.codec == nil:
		return errors.New("WithCodec(nil): leave it out for JSON")
	case o.clock == nil:
		return errors.New("WithClock(nil): leave it out for time.Now")
	case o.model.err != nil:
		return o.model.err
	case o.heldBytes < 0:
		return fmt.Errorf(
			"WithHeldBytes(%d): 0 saves at the first byte of a body, the default is 65536", o.heldBytes,
		)
	}
	return nil
}

func checkTimes(o *options) error {
	switch {
	case o.stepIsSet && (o.lives.Step < 0 || o.lives.Step%time.Second != 0):
		return fmt.Errorf(
			"WithExpiryStep(%v): a step is of whole seconds; 0 turns rounding off", o.lives.Step,
		)
	case o.lives.Step > o.lives.Age:
		return fmt.Errorf(
			"WithExpiryStep(%v) is longer than the lifetime of %v", o.lives.Step, o.lives.Age,
		)
	case o.timeout <= 0:
		return fmt.Errorf(
			"WithTimeout(%v): a load or a save needs some time; the default is 5s", o.timeout,
		)
	case o.cleanup < 0:
		return fmt.Errorf("WithCleanup(%v): 0 turns the deletion of expired rows off", o.cleanup)
	case o.lives.Absolute < 0 || o.lives.Absolute > lifetime.MaxAge:
		return fmt.Errorf(
			"WithAbsoluteLifetime(%v): 0 is no bound, and 250 years are the most", o.lives.Absolute,
		)
	case o.saveEvery && o.rolling:
		return errors.New(
			"WithSaveEveryRequest and WithRolling: choose one; the first does all that the second does",
		)
	}
	return nil
}

func checkCookie(o *options) error {
	if o.sameSite < http.SameSiteDefaultMode || o.sameSite > http.SameSiteNoneMode {
		return fmt.Errorf(
			"WithSameSite(%d): take one of http.SameSiteLaxMode, StrictMode, NoneMode, or DefaultMode "+
				"for none",
			o.sameSite,
		)
	}
	if !strings.HasPrefix(o.path, "/") {
		return fmt.Errorf(
			"WithPath(%q): a path begins with /, or browsers ignore it (RFC 6265, 5.2.4)", o.path,
		)
	}
	invalid := func(c http.Cookie) bool { return c.Valid() != nil }
	switch name := o.cookieName; {
	case invalid(http.Cookie{Name: name}):
		return fmt.Errorf(
			"WithCookieName(%q): a name is of ASCII letters, digits and !#$%%&'*+-.^_`|~"+
				" (RFC 6265, 4.1.1)",
			name,
		)
	case invalid(http.Cookie{Name: name, Path: o.path}):
		return fmt.Errorf("WithPath(%q): a path is of printable ASCII without a semicolon"+
			" (RFC 6265, 4.1.1)", o.path)
	case invalid(http.Cookie{Name: name, Domain: o.domain}):
		return fmt.Errorf(
			"WithDomain(%q): a domain is a host's name, such as example.com, without a"+
				" scheme, a port or a path",
			o.domain,
		)
	}
	return o.checkPrefix()
}

// checkPrefix refuses what browsers do not accept of a cookie with a prefix in its name (RFC
// 6265bis, 4.1.3). What __Host- demands, __Host-Http- does too.
func (o *options) checkPrefix() error {
	prefix := o.cookiePrefix()
	switch host := strings.HasPrefix(prefix, "__Host-"); {
	case host && o.domain != "":
		return fmt.Errorf("WithDomain(%q): a cookie whose name begins with %s has no Domain,"+
			" or browsers refuse it; leave one of the two out", o.domain, prefix)
	case host && o.path != "/":
		return fmt.Errorf("WithPath(%q): a cookie whose name begins with %s has the path /,"+
			" or browsers refuse it", o.path, prefix)
	case strings.HasSuffix(prefix, "Http-") && !o.httpOnly:
		return fmt.Errorf("WithHTTPOnly(false): a cookie whose name begins with %s is HttpOnly,"+
			" or browsers refuse it; leave one of the two out", prefix)
	}
	return nil
}

func checkSecure(o *options) error {
	if reason := o.alwaysSecure(); reason != "" && o.secure != nil && !*o.secure {
		return fmt.Errorf(
			"WithSecure(false): browsers refuse a cookie with %s that is not Secure; leave one of the "+
				"two out",
			reason,
		)
	}
	return nil
}

// alwaysSecure says what makes browsers refuse the cookie without Secure, or nothing.
func (o *options) alwaysSecure() string {
	switch prefix := o.cookiePrefix(); {
	case o.sameSite == http.SameSiteNoneMode:
		return "SameSite=None"
	case o.partitioned:
		return "Partitioned"
	case prefix != "":
		return "a name that begins with " + prefix
	}
	return ""
}

// cookiePrefix is the longest prefix of RFC 6265bis that the cookie's name has, if any. All of them
// demand Secure. Case is ignored, as browsers do.
func (o *options) cookiePrefix() string {
	for _, prefix := range []string{"__Host-Http-", "__Host-", "__Http-", "__Secure-"} {
		if n := len(prefix); len(o.cookieName) >= n && strings.EqualFold(o.cookieName[:n], prefix) {
			return prefix
		}
	}
	return ""
}
