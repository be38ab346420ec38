package response

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// The header has left before the handler ends, with the cookie and with what
// was held until then.
func TestFlush(t *testing.T) {
	for _, test := range []struct {
		name  string
		flush func(w *Writer) error
	}{
		{"Flush", func(w *Writer) error { w.Flush(); return nil }},
		{"FlushError", (*Writer).FlushError},
		{"ResponseController", func(w *Writer) error { return http.NewResponseController(w).Flush() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := make(chan struct{})
			x := &exchange{hooks: &hooks{}, handler: func(w *Writer, r *http.Request) {
				write(t, w, "early ")
				if err := test.flush(w); err != nil {
					t.Errorf("flush: %v", err)
				}
				select {
				case <-seen:
				case <-r.Context().Done():
				}
				write(t, w, "late")
				w.WriteHeader(500) // too late, and the server would log it
			}}
			server := x.server(t)
			server.Config.ErrorLog.SetOutput(io.Discard)
			response, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			first := make([]byte, 6)
			if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "early " {
				t.Fatalf("read %q, %v", first, err)
			}
			close(seen)
			rest, err := io.ReadAll(response.Body)
			x.status, x.header, x.body, x.readBy = response.StatusCode, response.Header, string(first)+string(rest), err
			x.want(t, 200, "early late", 1, decision{200, true})
		})
	}
}

func TestFlushNotSupported(t *testing.T) {
	x := &exchange{handler: func(w *Writer, _ *http.Request) {
		w.inner = struct{ http.ResponseWriter }{w.inner}
		if err := w.FlushError(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("FlushError: %v", err)
		}
	}}
	x.serve(t).want(t, 200, "", 1, decision{200, true})
}

func TestInformational(t *testing.T) {
	for _, final := range []int{200, 404} {
		t.Run(fmt.Sprint(final), func(t *testing.T) {
			x := &exchange{hooks: &hooks{}, handler: func(w *Writer, _ *http.Request) {
				w.Header().Set("Link", "</style.css>; rel=preload")
				w.WriteHeader(http.StatusEarlyHints)
				w.WriteHeaderNow()
				if w.Written() || !w.Held() || len(w.hooks.(*hooks).decisions) != 0 {
					t.Error("103 counts as the response")
				}
				w.WriteHeader(final)
				write(t, w, "abc")
			}}
			server := x.server(t)
			var hints []int
			trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
				hints = append(hints, code)
				if header.Get("Link") == "" || header.Get("Set-Cookie") != "" {
					t.Errorf("hint with the header %v", header)
				}
				return nil
			}}
			request, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := server.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			x.status, x.header, x.body, x.readBy = response.StatusCode, response.Header, string(body), err
			x.want(t, final, "abc", 1, decision{final, true})
			if len(hints) != 1 || hints[0] != 103 {
				t.Errorf("got the hints %v", hints)
			}
		})
	}
}

// A hint after the header has left is dropped; the server would complain.
func TestInformationalAfterFlush(t *testing.T) {
	x := &exchange{handler: func(w *Writer, _ *http.Request) {
		w.Flush()
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeaderNow()
		write(t, w, "abc")
	}}
	x.serve(t).want(t, 200, "abc", 1, decision{200, true})
}

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
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"); err != nil {
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
}

func TestDeadlines(t *testing.T) {
	x := &exchange{handler: func(w *Writer, _ *http.Request) {
		control := http.NewResponseController(w)
		if err := errors.Join(control.SetReadDeadline(time.Now().Add(time.Minute)),
			control.SetWriteDeadline(time.Now().Add(time.Minute)), control.EnableFullDuplex()); err != nil {
			t.Error(err)
		}
		write(t, w, strings.Repeat("x", 3))
	}}
	x.serve(t).want(t, 200, "xxx", 1, decision{200, true})
}

// What sending the held body met with is told where it is noticed first.
func TestWriteErrorOfTheRelease(t *testing.T) {
	for name, early := range map[string]func(w *Writer) error{
		"at FlushError": (*Writer).FlushError,
		"at the limit": func(w *Writer) error {
			_, err := io.WriteString(w, strings.Repeat("x", 20))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := &exchange{handler: func(w *Writer, _ *http.Request) {
				w.Header().Set("Content-Length", "2")
				write(t, w, "abc")
				if err := early(w); !errors.Is(err, http.ErrContentLength) {
					t.Errorf("got %v", err)
				}
			}}
			if x.serve(t); !errors.Is(x.readBy, io.ErrUnexpectedEOF) || len(x.decisions) != 1 {
				t.Errorf("read %q (%v), decided %v", x.body, x.readBy, x.decisions)
			}
		})
	}
}
