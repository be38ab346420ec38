package httpsession_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

func TestFlush(t *testing.T) { sitetest.Flush(t, serving) }

func TestServerSentEvents(t *testing.T) { sitetest.ServerSentEvents(t, serving) }

func TestClientLeaves(t *testing.T) { sitetest.ClientLeaves(t, serving) }

// A save that fails at a Flush, or at a body beyond the limit, is the answer, and the handler hears
// of it.
func TestSaveFailsInTheMiddle(t *testing.T) {
	large := strings.Repeat("x", 1<<20)
	for name, send := range map[string]func(http.ResponseWriter) error{
		"Flush": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
		"Write": func(w http.ResponseWriter) error { _, err := io.WriteString(w, large); return err },
		"Copy": func(w http.ResponseWriter) error {
			_, err := io.Copy(w, io.LimitReader(strings.NewReader(large), 1<<20))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.BreakWrites()
				s.serve(func(w http.ResponseWriter, r *http.Request) {
					set(r, "new")
					_, _ = io.WriteString(w, "begun")
					if err := send(w); !errors.Is(err, gormsession.ErrUnavailable) {
						t.Errorf("the handler was told %v", err)
					}
				}, s.session)
				s.Want(s.Get(), 503, "Service Unavailable\n", 0)
				s.wantSaved("")
			})
		})
	}
}

// able is a server's writer that notes what it is asked.
type able struct {
	*httptest.ResponseRecorder
	asked []string
}

func (w *able) ReadFrom(from io.Reader) (int64, error) {
	w.asked = append(w.asked, "ReadFrom")
	return io.Copy(w.ResponseRecorder, from)
}

func (w *able) Push(target string, _ *http.PushOptions) error {
	w.asked = append(w.asked, "Push "+target)
	return nil
}

func (w *able) SetWriteDeadline(time.Time) error {
	w.asked = append(w.asked, "SetWriteDeadline")
	return nil
}

// What the server's writer can do reaches it: it reads itself what is too long to be held, once the
// cookie is in the header, pushes, and has deadlines. A body that is short is held.
func TestWhatTheServerCanDo(t *testing.T) {
	s := newSite(t, gormsession.WithHeldBytes(10))
	large := strings.Repeat("0123456789", 10_000)
	for body, want := range map[string][]string{
		"short": {"Push /style.css", "SetWriteDeadline"},
		large:   {"Push /style.css", "SetWriteDeadline", "ReadFrom"},
	} {
		w := &able{ResponseRecorder: httptest.NewRecorder()}
		s.serve(func(w http.ResponseWriter, r *http.Request) {
			if err := w.(http.Pusher).Push("/style.css", nil); err != nil {
				t.Error(err)
			}
			if err := http.NewResponseController(w).SetWriteDeadline(time.Now()); err != nil {
				t.Error(err)
			}
			set(r, "new")
			n, err := w.(io.ReaderFrom).ReadFrom(struct{ io.Reader }{strings.NewReader(body)})
			if n != int64(len(body)) || err != nil {
				t.Errorf("read %d bytes, %v", n, err)
			}
		}, s.session)
		s.Handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		result := w.Result()
		if !slices.Equal(w.asked, want) || w.Body.String() != body || len(result.Cookies()) != 1 {
			t.Errorf("asked for %q, %d bytes, %v", w.asked, w.Body.Len(), result.Header)
		}
	}
}

// Where the connection cannot push, the handler is told so; and nobody is offered a CloseNotify.
func TestWhatTheServerCannotDo(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.serve(func(w http.ResponseWriter, _ *http.Request) {
			if err := w.(http.Pusher).Push("/style.css", nil); !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("Push: %v", err)
			}
			if _, notifies := w.(interface{ CloseNotify() <-chan bool }); notifies {
				t.Error("there is a CloseNotify")
			}
		}, s.session)
		s.Want(s.Get(), 200, "", 0)
	})
}

// 103 goes out at once, without the cookie, and leaves everything to the answer.
func TestEarlyHints(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.serve(func(w http.ResponseWriter, r *http.Request) {
			set(r, "new")
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			write(w, 404, "none")
		}, s.session)
		var hints []int
		r, _ := http.NewRequest("GET", s.Start().URL, nil)
		a := s.Send(r.WithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
				hints = append(hints, code)
				if header.Get("Link") == "" || header.Get("Set-Cookie") != "" {
					t.Errorf("a hint with the header %v", header)
				}
				return nil
			},
		})))
		s.Want(a, 404, "none", 1)
		s.wantSaved("new")
		if !slices.Equal(hints, []int{103}) {
			t.Errorf("got the hints %v", hints)
		}
	})
}

// Whoever keeps the writer does not reach what comes after the request.
func TestWriterKeptBeyondTheRequest(t *testing.T) {
	s := newSite(t)
	var kept http.ResponseWriter
	s.serve(func(w http.ResponseWriter, _ *http.Request) { kept = w }, s.session)
	s.Want(s.Get(), 200, "", 0)
	if _, err := io.Copy(kept, bytes.NewReader([]byte("stray"))); err == nil ||
		!strings.Contains(err.Error(), "the request is over") {
		t.Errorf("wrote to a response that is over: %v", err)
	}
}
