package httpsession_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

func TestHijackOverHTTP2(t *testing.T) { sitetest.HijackOverHTTP2(t, serving) }

// The handshake of a websocket carries the cookie; what is changed afterwards is saved at the end.
func TestWebsocket(t *testing.T) {
	s := newSite(t)
	s.serve(func(w http.ResponseWriter, r *http.Request) {
		set(r, "new")
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.CloseNow()
		s.wantSaved("new")
		set(r, "late")
		_ = conn.Write(r.Context(), websocket.MessageText, []byte("hello"))
	}, s.session)
	conn, response, err := websocket.Dial(t.Context(), s.Start().URL, nil)
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
	s.wantSaved("late")
}

// A raw hijack sends no header of ours: a session that exists is saved, a new one is not made, and
// that is in the log.
func TestRawHijack(t *testing.T) {
	for name, live := range map[string]bool{"live session": true, "new session": false} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			var before []*sitetest.Answer
			saved := ""
			if live {
				before, saved = append(before, s.login()), "new"
			}
			s.serve(func(w http.ResponseWriter, r *http.Request) {
				set(r, "new")
				conn, rw, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_, _ = rw.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nraw")
				_ = rw.Flush()
			}, s.session)
			s.Want(s.Get(before...), 200, "raw", 0)
			s.wantSaved(saved)
			if strings.Contains(s.Log.String(), gormsession.ErrHeaderSent.Error()) == live {
				t.Errorf("logged: %s", s.Log.String())
			}
		})
	}
}
