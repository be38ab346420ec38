package header

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/seed7368b609/gormsession/internal/scheme"
)

// An Absence counts the sessions that were made while no request has brought a key: where browsers
// refuse the cookie each request makes a row, and nobody stays logged in. It is said once.
type Absence struct {
	over atomic.Bool  // a key came, or it was said
	made atomic.Int32 // sessions
}

// How many sessions in a row are suspicious: fewer where the request shows why none comes back.
const (
	absencesExplained   = 3
	absencesUnexplained = 10
)

// End is called when a key comes.
func (a *Absence) End() {
	if !a.over.Load() {
		a.over.Store(true)
	}
}

// Waits tells whether sessions were made and no key has come since.
func (a *Absence) Waits() bool { return !a.over.Load() && a.made.Load() > 0 }

// Note is called when the client of a request without a key is told one, in that cookie.
func (a *Absence) Note(c *Cookie, r *http.Request, log *slog.Logger) {
	if a.over.Load() {
		return
	}
	made, enough := a.made.Add(1), int32(absencesUnexplained)
	reason := c.whyRefused(r)
	if reason != "" {
		enough = absencesExplained
	} else {
		reason = "the clients keep no cookies, or refuse this one"
	}
	if made < enough || a.over.Swap(true) {
		return
	}
	log.Warn("gormsession: no cookie of a session has come back yet, "+
		"so each request makes a new row",
		"sessions", made, "because", reason, "cookie", c.Name, "domain", c.Domain, "path", c.Path,
		"url", "//"+r.Host+pathOf(r))
}

// whyRefused says why a browser does not bring the cookie back that it gets for this request, as
// far as the request shows it: a proxy may have changed what the browser has asked for.
func (c Cookie) whyRefused(r *http.Request) string {
	domain := strings.TrimPrefix(c.Domain, ".")
	switch {
	case domain != "" && !within(hostOf(r), domain):
		return "the host is not within the domain of the cookie: leave WithDomain out, or name one of " +
			"the host's"
	case !strings.HasPrefix(pathOf(r)+"/", strings.TrimSuffix(c.Path, "/")+"/"):
		return "the page is not below the path of the cookie: leave out WithPath"
	case c.IsSecure(r) && scheme.Of(r) != "https":
		return "the cookie is Secure, and the page came over http: use https, let the proxy say so in " +
			"X-Forwarded-Proto, or leave out Production, or WithSecure, while you develop"
	}
	return ""
}

func pathOf(r *http.Request) string {
	if r.URL == nil {
		return ""
	}
	return r.URL.Path
}

func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return r.Host
}

// within tells whether a host is that domain, or a part of it (RFC 6265, 5.1.3).
func within(host, domain string) bool {
	over := len(host) - len(domain)
	return over >= 0 && strings.EqualFold(host[over:], domain) && (over == 0 || host[over-1] == '.')
}
