package httpsession_test

import (
	"net/http"
	"net/http/httputil"
	"runtime"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
)

// A panic saves nothing and sets no cookie, on whichever side the recovery is and however far the
// handler has come.
func TestPanic(t *testing.T) {
	for name, page := range map[string]http.HandlerFunc{
		"before the body": func(http.ResponseWriter, *http.Request) {},
		"after the body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1"`)
			write(w, 200, "")
		},
		"after a completed header": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) },
	} {
		for side, inside := range map[string]bool{"recovery inside": true, "recovery outside": false} {
			t.Run(name+", "+side, func(t *testing.T) {
				each(t, func(t *testing.T, s *site) {
					login := s.login()
					within := []middleware{recovery, s.session}
					if inside {
						within = []middleware{s.session, recovery}
					}
					s.serve(func(w http.ResponseWriter, r *http.Request) {
						set(r, "new")
						page(w, r)
						panic("no")
					}, within...)
					a := s.Get(login)
					s.Want(a, 500, "", 0)
					if got := a.Header.Get("ETag"); got != "" && !inside {
						t.Errorf("a header of what was dropped: %s", got)
					}
					if got := a.Header.Get("Vary"); got != "Cookie" {
						t.Errorf("Vary: %q", got)
					}
					s.wantSaved("old")
				})
			})
		}
	}
}

// Without a recovery the server cuts the connection, as it does for a handler that says so, and the
// panic arrives with its value and its stack.
func TestPanicPasses(t *testing.T) {
	for _, value := range []any{"no", http.ErrAbortHandler} {
		each(t, func(t *testing.T, s *site) {
			var passed any
			var stack string
			watch := func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer func() {
						passed = recover()
						text := make([]byte, 64<<10)
						stack = string(text[:runtime.Stack(text, false)])
						panic(passed)
					}()
					next.ServeHTTP(w, r)
				})
			}
			s.serve(func(w http.ResponseWriter, r *http.Request) {
				set(r, "new")
				write(w, 200, "body")
				breaks(value)
			}, watch, s.session)
			if a := s.Get(); a.Err == nil || passed != value {
				t.Errorf("got %d %q, and the panic %v", a.Status, a.Body, passed)
			}
			if !strings.Contains(stack, "httpsession_test.breaks(") {
				t.Errorf("the stack does not lead to the fault:\n%s", stack)
			}
			s.wantSaved("")
		})
	}
}

//go:noinline
func breaks(value any) { panic(value) }

// What was sent before the panic is sent and saved; what was changed after is not, nor where a
// recovery inside has swallowed it.
func TestPanicAfterFlush(t *testing.T) {
	for side, inside := range map[string]bool{"recovery inside": true, "recovery outside": false} {
		t.Run(side, func(t *testing.T) {
			s := newSite(t)
			within := []middleware{recovery, s.session}
			if inside {
				within = []middleware{s.session, recovery}
			}
			s.serve(func(w http.ResponseWriter, r *http.Request) {
				set(r, "new")
				write(w, 200, "body")
				w.(http.Flusher).Flush()
				set(r, "late")
				panic("no")
			}, within...)
			s.Want(s.Get(), 200, "body", 1)
			s.wantSaved("new")
		})
	}
}

// printing is a recovery that prints the request.
func printing(into *string) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					dump, _ := httputil.DumpRequest(r, false)
					*into = string(dump)
					w.WriteHeader(500)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// A recovery prints the request without the keys of the sessions that the panic has passed, and
// with all else: outside of one, of two, and inside where the session is mounted once more.
func TestRecoveryPrintsNoKey(t *testing.T) {
	for _, name := range []string{"outside", "outside of two", "inside"} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				other := httpsession.Handler(s.Other())
				s.serve(func(w http.ResponseWriter, r *http.Request) {
					set(r, "old")
					httpsession.GetFrom(r, s.plugin).Set("k", "old")
				}, s.session, other)
				login := s.Get()
				var printed string
				within := map[string][]middleware{
					"outside":        {printing(&printed), s.session},
					"outside of two": {printing(&printed), s.session, other},
					"inside":         {s.session, other, printing(&printed), s.session, other},
				}[name]
				s.serve(func(http.ResponseWriter, *http.Request) { panic("no") }, within...)
				r, _ := http.NewRequest("GET", s.Start().URL, nil)
				r.Header.Set("Cookie", "theme=dark")
				s.Want(s.Send(r, login), 500, "", 0)
				for _, c := range login.Cookies() {
					if strings.Contains(printed, c.Value) != (name == "outside" && c.Name == "other") {
						t.Errorf("of %s: %s", c.Name, printed)
					}
				}
				if !strings.Contains(printed, "Cookie: theme=dark") {
					t.Errorf("the other cookie is gone: %s", printed)
				}
				s.wantSaved("old")
			})
		})
	}
}

// A goroutine that a handler has left may go on using its request while a panic passes.
func TestPanicBesideAGoroutine(t *testing.T) {
	s := newSite(t)
	login := s.login()
	over, ended := make(chan struct{}), make(chan struct{})
	s.serve(func(_ http.ResponseWriter, r *http.Request) {
		began := make(chan struct{})
		go func() {
			defer close(ended)
			for first := true; ; first = false {
				httpsession.Get(r)
				if first {
					close(began)
				}
				select {
				case <-over:
					return
				default:
				}
			}
		}()
		<-began
		panic("no")
	}, s.session, recovery, s.session)
	s.Want(s.Get(login), 500, "", 0)
	close(over)
	<-ended
	s.wantSaved("old")
}

// An error page that a recovery makes within the session again still knows who asks, and does not
// log him out, also where the first one panics.
func TestErrorPageKnowsTheSession(t *testing.T) {
	s := newSite(t)
	login := s.login()
	sorry := s.session(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		write(w, 200, "sorry, "+httpsession.Get(r).Get("k").(string))
		set(r, "new")
	}))
	worse := s.session(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("no") }))
	page := func(answers http.Handler) middleware {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() {
					if recover() != nil {
						answers.ServeHTTP(w, r)
					}
				}()
				next.ServeHTTP(w, r)
			})
		}
	}
	s.serve(func(http.ResponseWriter, *http.Request) { panic("no") },
		page(sorry), page(worse), s.session)
	s.Want(s.Get(login), 200, "sorry, old", 1)
	s.wantSaved("new")
}

// A logout is carried out in a panic too, and said, also where the panic passes another session.
func TestLogoutThenPanic(t *testing.T) {
	for name, two := range map[string]bool{"one": false, "within another": true} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			login := s.login()
			within := []middleware{recovery, s.session}
			if two {
				between := func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("X-Between", "1")
						next.ServeHTTP(w, r)
					})
				}
				within = []middleware{recovery, httpsession.Handler(s.Other()), between, s.session}
			}
			s.serve(func(_ http.ResponseWriter, r *http.Request) {
				httpsession.Get(r).Flush()
				panic("no")
			}, within...)
			a := s.Get(login)
			s.Want(a, 500, "", 1)
			h := a.Header
			if !strings.Contains(h.Get("Set-Cookie"), "Max-Age=0") ||
				h.Get("Cache-Control") != "private" || h.Get("X-Between") != "" {
				t.Errorf("the header is %v", h)
			}
			s.wantSaved("")
		})
	}
}

// A header with the key is taken out of what is printed as a cookie is.
func TestRecoveryPrintsNoKeyOfAHeader(t *testing.T) {
	s := newSite(t, gormsession.WithKeyHeader("X-Session"))
	var printed string
	s.serve(func(http.ResponseWriter, *http.Request) { panic("no") }, printing(&printed), s.session)
	r, _ := http.NewRequest("GET", s.Start().URL, nil)
	r.Header.Set("X-Session", strings.Repeat("k", 32))
	s.Want(s.Send(r), 500, "", 0)
	if strings.Contains(printed, "kkk") || !strings.Contains(printed, "GET / ") {
		t.Errorf("printed: %s", printed)
	}
}
