package httpsession_test

import (
	"context"
	"io"
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

// embedding is a wrapper that shows only what every writer can do.
type embedding struct{ http.ResponseWriter }

// unwrapping is one that says what it wraps.
type unwrapping struct{ http.ResponseWriter }

func (w unwrapping) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func wrapped(wrap func(http.ResponseWriter) http.ResponseWriter) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(wrap(w), r)
		})
	}
}

func timeout(next http.Handler) http.Handler {
	return http.TimeoutHandler(next, time.Minute, "too late")
}

// forget gives the request a context of its own.
func forget(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.Background()))
	})
}

// A session that is mounted twice acts once, whatever lies between.
func TestSamePluginTwice(t *testing.T) {
	for name, between := range map[string]middleware{
		"nothing": func(next http.Handler) http.Handler { return next },
		"an embedding wrapper": wrapped(func(w http.ResponseWriter) http.ResponseWriter {
			return embedding{w}
		}),
		"an unwrapping wrapper": wrapped(func(w http.ResponseWriter) http.ResponseWriter {
			return unwrapping{w}
		}),
		"a timeout":               timeout,
		"a context that is empty": forget,
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				var outside *httpsession.State
				s.serve(func(w http.ResponseWriter, r *http.Request) {
					if httpsession.Get(r) != outside {
						t.Error("there are two sessions")
					}
					set(r, "new")
					write(w, 200, "body")
				}, s.session, func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						outside = httpsession.Get(r)
						next.ServeHTTP(w, r)
					})
				}, between, s.session)
				s.Want(s.Get(), 200, "body", 1)
				s.wantSaved("new")
			})
		})
	}
}

// A request of its own that a handler makes of the one it answers is not part of its response.
func TestHandlerForAnotherResponse(t *testing.T) {
	s := newSite(t)
	login := s.login()
	part := s.session(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpsession.Get(r).Set("part", 1)
		write(w, 200, "part")
	}))
	s.serve(func(w http.ResponseWriter, r *http.Request) {
		set(r, "new")
		inMemory := httptest.NewRecorder()
		part.ServeHTTP(inMemory, r.Clone(r.Context()))
		if inMemory.Body.String() != "part" || len(inMemory.Header()["Set-Cookie"]) != 1 {
			t.Errorf("the part answers %q with %v", inMemory.Body, inMemory.Header())
		}
		write(w, 200, "body")
	}, s.session)
	s.Want(s.Get(login), 200, "body", 1)
	s.wantSaved("new")
}

// concurrent is a response in memory of which the header is asked for while another goroutine asks
// for that of the response beside it.
type concurrent struct {
	*httptest.ResponseRecorder
	beside http.ResponseWriter
}

func (w concurrent) Header() http.Header {
	var other sync.WaitGroup
	other.Go(func() { w.beside.Header() })
	other.Wait()
	return w.ResponseRecorder.Header()
}

// So it is while the handler's own response is used, by another goroutine.
func TestHandlerForAnotherResponseMeanwhile(t *testing.T) {
	s := newSite(t)
	part := s.session(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		set(r, "part")
		write(w, 200, "part")
	}))
	s.serve(func(w http.ResponseWriter, r *http.Request) {
		inMemory := concurrent{httptest.NewRecorder(), w}
		part.ServeHTTP(inMemory, r)
		if cookies := inMemory.Result().Cookies(); len(cookies) != 1 {
			t.Errorf("the part sets %v", cookies)
		}
	}, s.session)
	s.Want(s.Get(), 200, "", 0)
	s.wantSaved("part")
}

// Two plugins on a route have a session and a cookie each, and a handler that mounts the outer one
// once more means that one.
func TestTwoPlugins(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		other := s.Other()
		again := s.session(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if httpsession.Get(r) != httpsession.GetFrom(r, s.plugin) {
				t.Error("Get is not the session that was mounted last")
			}
			set(r, "new")
		}))
		s.serve(func(w http.ResponseWriter, r *http.Request) {
			if httpsession.Get(r) != httpsession.GetFrom(r, other) {
				t.Error("Get is not the innermost session")
			}
			set(r, "another")
			again.ServeHTTP(w, r)
			write(w, 200, "body")
		}, s.session, httpsession.Handler(other))
		s.Want(s.Get(), 200, "body", 2)
		s.wantSaved("new")
	})
}

// What the inner of two sessions has saved is told although the outer one's save fails: by its
// cookie, and by its header.
func TestInnerKeyOfAFailedSave(t *testing.T) {
	for name, test := range map[string]struct {
		asks    bool
		between func(s *site) middleware
	}{
		"cookie": {}, "header": {asks: true},
		"cookie, under a wrapper": {between: func(*site) middleware {
			return wrapped(func(w http.ResponseWriter) http.ResponseWriter { return embedding{w} })
		}},
		"cookie, within a third": {between: func(s *site) middleware {
			return httpsession.Handler(s.NewPlugin(
				gormsession.WithTable("thirds"), gormsession.WithCookieName("third")))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			within := []middleware{s.session}
			if test.between != nil {
				within = append(within, test.between(s))
			}
			other := s.NewPlugin(gormsession.WithTable("others"), gormsession.WithCookieName("other"),
				gormsession.WithKeyHeader("X-Other"))
			s.Statements.Fail(func(sql string) error {
				if strings.Contains(sql, "web_sessions") && strings.HasPrefix(sql, "INSERT") {
					return sitetest.ErrDisk
				}
				return nil
			})
			s.serve(func(w http.ResponseWriter, r *http.Request) {
				set(r, "another")
				httpsession.GetFrom(r, s.plugin).Set("k", "new")
				write(w, 200, "body")
			}, append(within, httpsession.Handler(other))...)
			r, _ := http.NewRequest("GET", s.Start().URL, nil)
			cookies := 1
			if test.asks {
				r.Header.Set("X-Other", "")
				cookies = 0
			}
			a := s.Send(r)
			s.Want(a, 503, "Service Unavailable\n", cookies)
			cookie, key := a.Header.Get("Set-Cookie"), a.Header.Get("X-Other")
			if (key != "") != test.asks || strings.HasPrefix(cookie, "other=") == test.asks {
				t.Errorf("Set-Cookie: %q, X-Other: %q", cookie, key)
			}
		})
	}
}

// What a middleware outside writes after a failed save is not added to its answer, also where it is
// held by a session outside.
func TestNothingIsAddedToAFailedSave(t *testing.T) {
	for name, two := range map[string]bool{"outside": false, "between two": true} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.BreakWrites()
				within := []middleware{func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						next.ServeHTTP(w, r)
						_, _ = io.WriteString(w, "footer")
					})
				}, s.session}
				if two {
					within = append([]middleware{httpsession.Handler(s.Other())}, within...)
				}
				s.serve(func(w http.ResponseWriter, r *http.Request) {
					set(r, "new")
					write(w, 200, "body")
				}, within...)
				s.Want(s.Get(), 503, "Service Unavailable\n", 0)
			})
		})
	}
}

// Two plugins that set the same cookie in one response are reported, once.
func TestTwoPluginsOfOneCookie(t *testing.T) {
	s := newSite(t)
	s.serve(func(http.ResponseWriter, *http.Request) {},
		s.session, httpsession.Handler(s.Other()), httpsession.Handler(s.NewPlugin()))
	s.Get()
	s.Get()
	if log := s.Log.String(); strings.Count(log, "set the same cookie") != 1 ||
		!strings.Contains(log, "httpsession.New") || !strings.Contains(log, "cookie=session") {
		t.Errorf("logged: %s", log)
	}
}

// A response that is another one may set the same cookie.
func TestSameCookieOfAnotherResponse(t *testing.T) {
	s := newSite(t)
	part := httpsession.Handler(s.NewPlugin())(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { write(w, 200, "part") }))
	s.serve(func(w http.ResponseWriter, r *http.Request) {
		inMemory := httptest.NewRecorder()
		part.ServeHTTP(inMemory, r)
		_, _ = io.Copy(w, inMemory.Body)
	}, s.session)
	s.Want(s.Get(), 200, "part", 0)
	if log := s.Log.String(); log != "" {
		t.Errorf("logged: %s", log)
	}
}

// Where the header has left beneath a wrapper between two sessions, the inner one knows that its
// cookie cannot go, and makes no session of which the client never hears.
func TestHeaderThatHasLeftBeneath(t *testing.T) {
	s := newSite(t)
	other := s.Other()
	s.serve(func(w http.ResponseWriter, r *http.Request) { set(r, "lost") },
		httpsession.Handler(other), func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.(http.Flusher).Flush()
				next.ServeHTTP(unwrapping{w}, r)
			})
		}, s.session)
	s.Want(s.Get(), 200, "", 0)
	s.wantSaved("")
	if !strings.Contains(s.Log.String(), gormsession.ErrHeaderSent.Error()) {
		t.Errorf("logged: %s", s.Log.String())
	}
}
