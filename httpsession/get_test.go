package httpsession_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
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
			httpsession.New(s.db, gormsession.WithLifetime(-time.Hour))
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
	s.want(s.get(), 200, "", 1)
	session, _ := httpsession.From(kept)
	if session.Set("k", "stray"); session.Get("k") != "new" {
		t.Errorf("afterwards it is %v", session.Get("k"))
	}
	s.wantSaved("new")
}

// The request's context says which of a user's sessions asks.
func TestCurrentSessionOfAUser(t *testing.T) {
	s := newSite(t, gormsession.WithUsers())
	s.serve(func(w http.ResponseWriter, r *http.Request) { httpsession.Get(r).LogIn(7) }, s.session)
	login := s.get()
	s.get()
	s.serve(func(w http.ResponseWriter, r *http.Request) {
		logins, err := s.plugin.Sessions(r.Context(), 7)
		if err != nil || len(logins) != 2 || logins[0].Current == logins[1].Current {
			t.Errorf("%+v, %v", logins, err)
		}
	}, s.session)
	s.get(login)
}

// Loaded answers a database that fails before a guard sees an empty session, and runs no handler.
func TestLoaded(t *testing.T) {
	s := newSite(t)
	login := s.login()
	s.serve(func(w http.ResponseWriter, r *http.Request) { write(w, 200, "body") },
		s.session, httpsession.Loaded)
	s.want(s.get(login), 200, "body", 0)
	s.serve(func(http.ResponseWriter, *http.Request) { t.Error("a handler has run") },
		s.session, httpsession.Loaded)
	s.statements.Fail(func(string) error { return errDisk })
	s.want(s.get(login), 503, "Service Unavailable\n", 0)
}

// A route that needs the password again is closed to who has logged in too long ago, or not at all,
// with a status of its own or what the application says instead, and no handler behind it runs.
func TestRequireFresh(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	db := dbtest.New(t, dbtest.SQLite).Open(t)
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
	handler := httpsession.New(db, gormsession.WithClock(func() time.Time { return now }),
		gormsession.WithLogger(slog.New(slog.DiscardHandler)))(&mux)
	cookie := ""
	visit := func(path string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		if cookie != "" {
			request.Header.Set("Cookie", "session="+cookie)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		for _, c := range w.Result().Cookies() {
			cookie = c.Value
		}
		return w
	}
	wants := func(when string, bare, asking int) {
		t.Helper()
		for path, want := range map[string]int{"/bare": bare, "/asking": asking} {
			w := visit(path)
			if w.Code != want || (w.Body.String() == "done") != (want == http.StatusOK) {
				t.Errorf("%s, %s: %d %s, not %d", when, path, w.Code, w.Body, want)
			}
		}
	}
	wants("nobody", http.StatusUnauthorized, http.StatusSeeOther)
	visit("/login")
	wants("fresh", http.StatusOK, http.StatusOK)
	now = now.Add(time.Minute)
	wants("stale", http.StatusForbidden, http.StatusSeeOther)
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.Close()
	wants("no database", http.StatusServiceUnavailable, http.StatusServiceUnavailable)
}
