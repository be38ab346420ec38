package echosession_test

import (
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/labstack/echo/v5"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

func TestFlush(t *testing.T) { sitetest.Flush(t, serving) }

func TestServerSentEvents(t *testing.T) { sitetest.ServerSentEvents(t, serving) }

func TestHijackOverHTTP2(t *testing.T) { sitetest.HijackOverHTTP2(t, serving) }

func TestClientLeaves(t *testing.T) { sitetest.ClientLeaves(t, serving) }

// The handshake of a websocket carries the cookie; what is changed afterwards is saved at the end,
// unless the handler returns an error.
func TestWebsocket(t *testing.T) {
	for returned, saved := range map[error]string{nil: "late", errBroken: "new"} {
		s := newSite(t)
		s.serve(func(c *echo.Context) error {
			set(c, "new")
			conn, err := websocket.Accept(c.Response(), c.Request(), nil)
			if err != nil {
				t.Error(err)
				return err
			}
			defer conn.CloseNow()
			s.wantSaved("new")
			set(c, "late")
			_ = conn.Write(c.Request().Context(), websocket.MessageText, []byte("hello"))
			return returned
		}, recovery, s.session)
		conn, response, err := websocket.Dial(t.Context(), s.Start().URL+"/page", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		if _, message, err := conn.Read(t.Context()); string(message) != "hello" || err != nil {
			t.Errorf("read %q, %v", message, err)
		}
		s.Wait()
		if len(response.Cookies()) != 1 {
			t.Errorf("the handshake has %v", response.Header)
		}
		s.wantSaved(saved)
	}
}

// A raw hijack sends no header of ours: a session that exists is saved, a new one is not made, and
// that is in the log. An error that the handler returns is not written to the connection.
func TestRawHijack(t *testing.T) {
	for _, live := range []bool{true, false} {
		for _, returned := range []error{nil, errBroken} {
			t.Run(fmt.Sprint(live, returned), func(t *testing.T) {
				s := newSite(t)
				r, _ := http.NewRequest("GET", s.Start().URL+"/page", nil)
				saved := ""
				if live {
					for _, c := range s.login().Cookies() {
						r.AddCookie(c)
					}
					saved = "new"
				}
				s.serve(func(c *echo.Context) error {
					set(c, "new")
					conn, rw, err := c.Response().(http.Hijacker).Hijack()
					if err != nil {
						t.Error(err)
						return nil
					}
					defer conn.Close()
					_, _ = rw.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nraw")
					_ = rw.Flush()
					return returned
				}, s.session)
				s.onError = func(c *echo.Context, err error) {
					if held, _ := echo.UnwrapResponse(c.Response()); !held.Committed {
						t.Error("the error handler is to answer")
					}
				}
				s.Want(s.Send(r), 200, "raw", 0)
				s.wantSaved(saved)
				lost := !live && returned == nil // after an error nothing was to be saved
				if strings.Contains(s.Log.String(), gormsession.ErrHeaderSent.Error()) != lost {
					t.Errorf("logged: %s", s.Log.String())
				}
			})
		}
	}
}

// 103 goes out at once by the writer beneath Echo's, without the cookie, and leaves everything to
// the answer.
func TestEarlyHints(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.serve(func(c *echo.Context) error {
			set(c, "new")
			c.Response().Header().Set("Link", "</style.css>; rel=preload")
			beneath, err := echo.UnwrapResponse(c.Response())
			if err != nil {
				return err
			}
			beneath.ResponseWriter.WriteHeader(http.StatusEarlyHints)
			return c.String(404, "none")
		}, s.session)
		var hints []int
		r, _ := http.NewRequest("GET", s.Start().URL+"/page", nil)
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
