package httpsession_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/httpsession"
)

// A router is what chi's and others' are to middleware: a list, and a mux at its end.
type router struct {
	middlewares []func(http.Handler) http.Handler
	http.ServeMux
}

func (r *router) Use(middlewares ...func(http.Handler) http.Handler) {
	r.middlewares = append(r.middlewares, middlewares...)
}

func (r *router) handler() (h http.Handler) {
	h = &r.ServeMux
	for _, m := range slices.Backward(r.middlewares) {
		h = m(h)
	}
	return h
}

// The session and its guards are middleware of the form that chi and others take.
func TestMiddlewareOfARouter(t *testing.T) {
	s := newSite(t)
	var r router
	r.Use(recovery, httpsession.New(s.DB))
	r.Use(httpsession.Loaded)
	r.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		set(r, "new")
		write(w, 200, "body")
	})
	s.Handler = r.handler()
	s.Want(s.Get(), 200, "body", 1)
	s.wantSaved("new")
}

// What a handler does is answered as it is without a session: the first status counts, the header
// is complete then, and the server finds the type.
func TestAnsweredAsWithoutSession(t *testing.T) {
	for name, page := range map[string]http.HandlerFunc{
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"two statuses": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			w.WriteHeader(200)
		},
		"a status after the body": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "body")
			w.WriteHeader(404)
		},
		"a hint, then a body": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(103)
			write(w, 201, "b")
		},
		"no content": func(w http.ResponseWriter, _ *http.Request) { write(w, 204, "dropped") },
		"a page":     func(w http.ResponseWriter, _ *http.Request) { write(w, 200, "<html>") },
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no", http.StatusForbidden)
		},
		"a redirect": http.RedirectHandler("/there", http.StatusSeeOther).ServeHTTP,
		"a file": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "page.css", time.Time{}, strings.NewReader(strings.Repeat("x", 300_000)))
		},
		"no such status": func(w http.ResponseWriter, r *http.Request) {
			httpsession.From(r.Context())
			w.WriteHeader(42)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.serve(page)
				plain := s.Get()
				s.serve(func(w http.ResponseWriter, r *http.Request) {
					set(r, "new")
					page(w, r)
				}, s.session)
				a := s.Get()
				if (a.Err != nil) != (plain.Err != nil) {
					t.Fatalf("%v, and without a session %v", a.Err, plain.Err)
				}
				if a.Err != nil {
					s.wantSaved("") // the panic came before the save
					return
				}
				s.Want(a, plain.Status, plain.Body, 1)
				for _, ours := range []string{"Set-Cookie", "Vary", "Cache-Control", "Date"} {
					a.Header.Del(ours)
					plain.Header.Del(ours)
				}
				for field := range plain.Header {
					if !slices.Equal(a.Header[field], plain.Header[field]) {
						t.Errorf("%v, and without a session %v", a.Header, plain.Header)
					}
				}
			})
		})
	}
}

// typing is a writer that finds the type of a body, as compressors do.
type typing struct{ http.ResponseWriter }

func (w typing) Write(data []byte) (int, error) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "text/found")
	}
	return w.ResponseWriter.Write(data)
}

// A handler that tells no status leaves a compressor outside the header until the body comes.
func TestTypeThatIsFoundOutside(t *testing.T) {
	for _, body := range []string{"body", strings.Repeat("x", 70<<10)} {
		each(t, func(t *testing.T, s *site) {
			s.serve(func(w http.ResponseWriter, r *http.Request) {
				set(r, "new")
				_, _ = io.WriteString(w, body)
			}, wrapped(func(w http.ResponseWriter) http.ResponseWriter { return typing{w} }), s.session)
			a := s.Get()
			s.Want(a, 200, body, 1)
			if got := a.Header.Get("Content-Type"); got != "text/found" {
				t.Errorf("Content-Type: %q", got)
			}
		})
	}
}

// What a handler writes beyond the length that it has said is dropped, as by the server, and costs
// nothing of what it has written before.
func TestMoreThanTheHeaderSays(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.serve(func(w http.ResponseWriter, r *http.Request) {
			set(r, "new")
			w.Header().Set("Content-Length", "4")
			write(w, 200, "body")
			_, _ = io.WriteString(w, " and more")
		}, s.session)
		s.Want(s.Get(), 200, "body", 1)
		s.wantSaved("new")
	})
}

// A status of 500 counts as long as the response is held, also after another one: a handler that
// broke off half-way is no success, and nothing is saved.
func TestServerErrorCounts(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.serve(func(w http.ResponseWriter, r *http.Request) {
			set(r, "new")
			w.WriteHeader(200)
			http.Error(w, "broken", 500)
		}, s.session)
		s.Want(s.Get(), 500, "broken\n", 0)
		s.wantSaved("")
	})
}

// http.TimeoutHandler may be on either side. In time the session is saved with the response. One
// that fires outside is as a client that leaves: what the handler changes is saved. One that fires
// inside answers in place of the handler, with 503, which saves nothing.
func TestTimeoutHandler(t *testing.T) {
	soon := func(next http.Handler) http.Handler {
		return http.TimeoutHandler(next, time.Millisecond, "too late")
	}
	for name, test := range map[string]struct {
		within func(session middleware) []middleware
		slow   bool
		saved  string
	}{
		"outside, in time": {
			func(session middleware) []middleware { return []middleware{timeout, session} }, false, "new",
		},
		"inside, in time": {
			func(session middleware) []middleware { return []middleware{session, timeout} }, false, "new",
		},
		"outside, fired": {
			func(session middleware) []middleware { return []middleware{soon, session} }, true, "new",
		},
		"inside, fired": {
			func(session middleware) []middleware { return []middleware{session, soon} }, true, "old",
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				login := s.login()
				answered, handled := make(chan struct{}), make(chan struct{})
				ended := make(chan struct{}) // the session's part
				watched := func(next http.Handler) http.Handler {
					next = s.session(next)
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						defer close(ended)
						next.ServeHTTP(w, r)
					})
				}
				s.serve(func(w http.ResponseWriter, r *http.Request) {
					defer close(handled)
					if test.slow {
						<-r.Context().Done()
					}
					if test.saved == "old" {
						<-answered
					}
					set(r, "new")
					write(w, 201, "body")
				}, test.within(watched)...)
				a := s.Get(login)
				close(answered)
				<-handled
				<-ended
				if test.slow {
					s.Want(a, 503, "too late", 0)
				} else {
					s.Want(a, 201, "body", 1)
				}
				s.wantSaved(test.saved)
			})
		})
	}
}
