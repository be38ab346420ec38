package response

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// dial speaks HTTP/1.1 by hand, for what a client would hide.
func dial(t *testing.T, x *exchange) (net.Conn, *bufio.Reader) {
	t.Helper()
	if x.hooks == nil {
		x.hooks = &hooks{}
	}
	server := x.server(t)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(conn,
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// 101 leaves with the cookie when WriteHeaderNow is called, as the client has to
// see it before the handler takes the connection.
func TestSwitchingProtocols(t *testing.T) {
	x := &exchange{handler: func(w *Writer, _ *http.Request) {
		w.Header().Set("Upgrade", "echo")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
		w.WriteHeaderNow()
		if w.Held() || w.Size() != 0 {
			t.Error("101 is held")
		}
		conn, rw, err := w.Hijack()
		if err != nil {
			t.Errorf("Hijack: %v", err)
			return
		}
		defer conn.Close()
		line, _ := rw.ReadString('\n')
		_, _ = io.WriteString(conn, line)
	}}
	conn, reader := dial(t, x)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "hello\n")
	line, err := reader.ReadString('\n')
	x.status, x.header, x.body, x.readBy = response.StatusCode, response.Header, line, err
	x.want(t, 101, "hello\n", 1, decision{101, true})
}

// A raw Hijack sends no header of ours, so it has no cookie; one after a
// completed header has.
func TestHijack(t *testing.T) {
	x := &exchange{handler: func(w *Writer, _ *http.Request) {
		conn, _, err := w.Hijack()
		if err != nil {
			t.Errorf("Hijack: %v", err)
			return
		}
		defer conn.Close()
		if !w.Written() || w.Held() {
			t.Error("a hijacked response is held")
		}
		_, _ = io.WriteString(conn, "raw\n")
		if n, err := w.Write(nil); n != 0 || !errors.Is(err, http.ErrHijacked) {
			t.Errorf("Write: %d, %v", n, err)
		}
	}}
	_, reader := dial(t, x)
	all, err := io.ReadAll(reader)
	if string(all) != "raw\n" || err != nil {
		t.Errorf("read %q, %v", all, err)
	}
	if len(x.decisions) != 1 || x.decisions[0] != (decision{200, false}) {
		t.Errorf("decided %v", x.decisions)
	}

	x = &exchange{handler: func(w *Writer, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeaderNow()
		conn, _, err := w.Hijack()
		if err != nil {
			t.Errorf("Hijack: %v", err)
			return
		}
		_ = conn.Close()
	}}
	_, reader = dial(t, x)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	x.status, x.header = response.StatusCode, response.Header
	x.want(t, 202, "", 1, decision{202, true})
}

func TestHijackRefused(t *testing.T) {
	t.Run("after a body", func(t *testing.T) {
		x := &exchange{handler: func(w *Writer, _ *http.Request) {
			write(t, w, "abc")
			if conn, _, err := w.Hijack(); err == nil {
				t.Error("hijacked")
				_ = conn.Close()
			}
		}}
		x.serve(t).want(t, 200, "abc", 1, decision{200, true})
	})
	t.Run("not supported", func(t *testing.T) {
		x := &exchange{handler: func(w *Writer, _ *http.Request) {
			w.inner = struct{ http.ResponseWriter }{w.inner}
			if _, _, err := w.Hijack(); !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("Hijack: %v", err)
			}
			w.WriteHeader(501)
			write(t, w, "not here")
		}}
		x.serve(t).want(t, 501, "not here", 1, decision{501, true})
	})
	t.Run("not supported, by what has the method always", func(t *testing.T) {
		x := &exchange{handler: func(w *Writer, _ *http.Request) {
			w.inner = promising{unhijackable{struct{ http.ResponseWriter }{w.inner}}}
			if _, _, err := w.Hijack(); !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("Hijack: %v", err)
			}
			write(t, w, "not here")
		}}
		x.serve(t).want(t, 200, "not here", 1, decision{200, true})
	})
}

// promising has a Hijack as the writers of frameworks do, whatever they wrap.
type promising struct{ unhijackable }

func (w promising) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type unhijackable struct{ http.ResponseWriter }

func (unhijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}

// A hijack that fails beneath us leaves room for an answer, without a cookie.
func TestHijackFails(t *testing.T) {
	x := &exchange{handler: func(w *Writer, _ *http.Request) {
		w.inner = unhijackable{w.inner}
		if _, _, err := w.Hijack(); !errors.Is(err, http.ErrNotSupported) || w.Written() {
			t.Errorf("Hijack: %v", err)
		}
		w.WriteHeader(http.StatusNotImplemented)
		if w.Status() != http.StatusNotImplemented {
			t.Errorf("Status: %d", w.Status())
		}
		write(t, w, "not here")
	}}
	x.serve(t).want(t, 501, "not here", 0, decision{200, false})
}
