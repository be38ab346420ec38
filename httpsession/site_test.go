package httpsession_test

import (
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// middleware is what the standard library, chi and others take.
type middleware = func(http.Handler) http.Handler

// site is an application with sessions.
type site struct {
	*sitetest.Site
	plugin  *gormsession.Plugin
	session middleware
}

// each runs a test over HTTP/1.1 and over HTTP/2.
func each(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	sitetest.Each(t, func(t *testing.T, http2 bool) {
		s := newSite(t)
		s.HTTP2 = http2
		test(t, s)
	})
}

func newSite(t *testing.T, opts ...gormsession.Option) *site {
	t.Helper()
	s := &site{Site: sitetest.New(t)}
	s.plugin = s.NewPlugin(opts...)
	s.session = httpsession.Handler(s.plugin)
	return s
}

// serving is the adapter as the tests know it that all adapters share.
func serving(plugin *gormsession.Plugin, page sitetest.Page) http.Handler {
	return httpsession.Handler(plugin)(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { page(w, r, httpsession.Get(r)) }))
}

// serve has a page answer from now on, within middleware of which the first is the outermost.
func (s *site) serve(page http.HandlerFunc, within ...middleware) {
	s.Handler = page
	for _, m := range slices.Backward(within) {
		s.Handler = m(s.Handler)
	}
}

// login makes a session with "k" = "old".
func (s *site) login() *sitetest.Answer {
	s.T.Helper()
	s.serve(func(w http.ResponseWriter, r *http.Request) { set(r, "old") }, s.session)
	a := s.Get()
	s.Want(a, 200, "", 1)
	s.wantSaved("old")
	return a
}

func (s *site) wantSaved(value string) { s.T.Helper(); s.WantSaved(s.plugin, value) }

func set(r *http.Request, value string) { httpsession.Get(r).Set("k", value) }

func write(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
