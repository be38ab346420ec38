package httpsession_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// What is mounted wrongly is said with the words that mend it.
func TestMistakes(t *testing.T) {
	s := newSite(t)
	request := httptest.NewRequest("GET", "/", nil)
	for mends, mistake := range map[string]func(){
		"session := httpsession.New(db)":   func() { httpsession.Get(request) },
		"httpsession.Handler(plugin)(mux)": func() { httpsession.GetFrom(request, s.plugin) },
		"the plugin that gormsession.New":  func() { httpsession.Handler(nil) },
		"WithLifetime takes a second or more": func() {
			httpsession.New(s.DB, gormsession.WithLifetime(-time.Hour))
		},
		"the request that the handler was called with": func() {
			httpsession.Loaded(nil).ServeHTTP(nil, request)
		},
	} {
		func() {
			defer func() {
				said := recover()
				if err, is := said.(error); is {
					said = err.Error()
				}
				if text, _ := said.(string); !strings.Contains(text, mends) ||
					!strings.HasPrefix(text, "gormsession: ") {
					t.Errorf("%v does not say %q", said, mends)
				}
			}()
			mistake()
		}()
	}
}

// From finds the session in a context that is derived from the request's, from any goroutine, and
// in no other; after the request it can be read.
func TestFrom(t *testing.T) {
	s := newSite(t)
	if _, ok := httpsession.From(t.Context()); ok {
		t.Error("a session of no request")
	}
	var kept context.Context
	s.serve(func(_ http.ResponseWriter, r *http.Request) {
		kept = context.WithValue(r.Context(), t, "value")
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if session, ok := httpsession.From(kept); !ok || session != httpsession.Get(r) {
					t.Error("it is another session")
				}
			})
		}
		all.Wait()
		set(r, "new")
	}, s.session)
	s.Want(s.Get(), 200, "", 1)
	session, _ := httpsession.From(kept)
	if session.Set("k", "stray"); session.Get("k") != "new" {
		t.Errorf("afterwards it is %v", session.Get("k"))
	}
	s.wantSaved("new")
}

// The request's context says which of a user's sessions asks, also where somebody has given it one
// of its own, and the session is mounted once more.
func TestCurrentSessionOfAUser(t *testing.T) {
	s := newSite(t, gormsession.WithUsers())
	s.serve(func(w http.ResponseWriter, r *http.Request) { httpsession.Get(r).LogIn(7) }, s.session)
	login := s.Get()
	s.Get()
	for _, within := range [][]middleware{{s.session}, {s.session, forget, s.session}} {
		s.serve(func(w http.ResponseWriter, r *http.Request) {
			logins, err := s.plugin.Sessions(r.Context(), 7)
			if err != nil || len(logins) != 2 || logins[0].Current == logins[1].Current {
				t.Errorf("%d mounts: %+v, %v", len(within), logins, err)
			}
		}, within...)
		s.Get(login)
	}
}

// Loaded answers a database that fails before a guard sees an empty session, and runs no handler.
func TestLoaded(t *testing.T) {
	s := newSite(t)
	login := s.login()
	s.serve(func(w http.ResponseWriter, r *http.Request) { write(w, 200, "body") },
		s.session, httpsession.Loaded)
	s.Want(s.Get(login), 200, "body", 0)
	s.serve(func(http.ResponseWriter, *http.Request) { t.Error("a handler has run") },
		s.session, httpsession.Loaded)
	s.Statements.Fail(func(string) error { return sitetest.ErrDisk })
	s.Want(s.Get(login), 503, "Service Unavailable\n", 0)
}

func TestRequireFresh(t *testing.T) {
	sitetest.RequireFresh(t, func(plugin *gormsession.Plugin) http.Handler {
		var mux http.ServeMux
		mux.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
			httpsession.Get(r).LogIn(7)
		})
		transfer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			write(w, 200, "done")
		})
		mux.Handle("/bare", httpsession.RequireFresh(time.Minute)(transfer))
		mux.Handle("/asking", httpsession.RequireFresh(time.Minute,
			http.RedirectHandler("/password", http.StatusSeeOther).ServeHTTP)(transfer))
		return httpsession.Handler(plugin)(&mux)
	})
}
