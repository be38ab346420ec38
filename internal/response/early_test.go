package response

import (
	"errors"
	"fmt"
	"io"
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
			x.status, x.header, x.body, x.readBy = response.StatusCode, response.Header,
				string(first)+string(rest), err
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
			trace := &httptrace.ClientTrace{Got1xxResponse: func(
				code int, header textproto.MIMEHeader,
			) error {
				hints = append(hints, code)
				if header.Get("Link") == "" || header.Get("Set-Cookie") != "" {
					t.Errorf("hint with the header %v", header)
				}
				return nil
			}}
			request, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET",
				server.URL, nil)
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

func TestDeadlines(t *testing.T) {
	x := &exchange{handler: func(w *Writer, _ *http.Request) {
		control := http.NewResponseController(w)
		if err := errors.Join(control.SetReadDeadline(time.Now().Add(time.Minute)),
			control.SetWriteDeadline(time.Now().Add(time.Minute)), control.EnableFullDuplex()); err != nil {
			t.Error(err)
		}
		write(t, w, "yes")
	}}
	x.serve(t).want(t, 200, "yes", 1, decision{200, true})
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
			if x.serve(t); x.body != "ab" || x.readBy != nil || len(x.decisions) != 1 {
				t.Errorf("read %q (%v), decided %v", x.body, x.readBy, x.decisions)
			}
		})
	}
}
