package response

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// checkDropped tells whether what the handler does after a failed commit is
// without effect and says why.
func checkDropped(t *testing.T, w *Writer) {
	t.Helper()
	if _, err := w.Write([]byte("more")); !errors.Is(err, errCommit) {
		t.Errorf("Write: %v", err)
	}
	if _, err := w.WriteString("more"); !errors.Is(err, errCommit) {
		t.Errorf("WriteString: %v", err)
	}
	if err := w.FlushError(); !errors.Is(err, errCommit) {
		t.Errorf("FlushError: %v", err)
	}
	if conn, _, err := w.Hijack(); !errors.Is(err, errCommit) {
		t.Errorf("Hijack: %v", err)
		if err == nil {
			_ = conn.Close()
		}
	}
	w.Flush()
	w.WriteHeader(500)
	w.WriteHeaderNow()
	if w.Status() != http.StatusServiceUnavailable {
		t.Errorf("Status: %d", w.Status())
	}
}

// Wherever the commit fails, the client gets the replacement and nothing of
// what the handler wrote, and it gets it at once.
func TestFailedCommit(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler func(t *testing.T, w *Writer)
		decided decision
	}{
		{"at the end", func(*testing.T, *Writer) {}, decision{200, true}},
		{"at the end, with a body", func(t *testing.T, w *Writer) { write(t, w, "abc") },
			decision{200, true}},
		{"at the end, with a redirect", func(t *testing.T, w *Writer) {
			w.Header().Set("Location", "/welcome")
			w.WriteHeader(303)
		}, decision{303, true}},
		{"at Flush", func(t *testing.T, w *Writer) { write(t, w, "abc"); w.Flush(); checkDropped(t, w) },
			decision{200, true}},
		{"at FlushError", func(t *testing.T, w *Writer) {
			if err := w.FlushError(); !errors.Is(err, errCommit) {
				t.Errorf("FlushError: %v", err)
			}
			checkDropped(t, w)
		}, decision{200, true}},
		{"at the limit", func(t *testing.T, w *Writer) {
			write(t, w, "abc")
			if n, err := io.WriteString(w, strings.Repeat("x", 20)); n != 0 || !errors.Is(err, errCommit) {
				t.Errorf("Write: %d, %v", n, err)
			}
			checkDropped(t, w)
		}, decision{200, true}},
		{"at 101", func(t *testing.T, w *Writer) {
			w.Header().Set("Upgrade", "echo")
			w.WriteHeader(101)
			w.WriteHeaderNow()
			checkDropped(t, w)
		}, decision{101, true}},
		{"at Hijack", func(t *testing.T, w *Writer) {
			if _, _, err := w.Hijack(); !errors.Is(err, errCommit) {
				t.Errorf("Hijack: %v", err)
			}
			checkDropped(t, w)
		}, decision{200, false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := &exchange{
				hooks: &hooks{err: errCommit},
				outside: func(w http.ResponseWriter) {
					w.Header().Set("Before", "1")
					w.Header().Set("ETag", "outer")
				},
				handler: func(w *Writer, _ *http.Request) {
					w.Header().Set("Content-Length", "12345")
					w.Header().Set("ETag", "inner")
					w.Header().Add("Set-Cookie", "mine=1")
					test.handler(t, w)
				},
			}
			x.serve(t).want(t, 503, "unavailable", 0, test.decided)
			if len(x.failed) != 1 || x.failed[0] != errCommit {
				t.Errorf("Fail was called with %v", x.failed)
			}
			if x.header.Get("Before") != "1" || x.header.Get("ETag") != "outer" {
				t.Errorf("the header is not as it was found: %v", x.header)
			}
			for _, name := range []string{"Location", "Upgrade"} {
				if x.header.Get(name) != "" {
					t.Errorf("%s of the handler was kept", name)
				}
			}
		})
	}
}

// The replacement reaches the client of a handler that runs on.
func TestFailedCommitGoesAtOnce(t *testing.T) {
	for name, early := range map[string]func(w *Writer){
		"at Flush":     (*Writer).Flush,
		"at the limit": func(w *Writer) { _, _ = io.WriteString(w, strings.Repeat("x", 20)) },
		"at Hijack":    func(w *Writer) { _, _, _ = w.Hijack() },
	} {
		t.Run(name, func(t *testing.T) {
			seen := make(chan struct{})
			x := &exchange{hooks: &hooks{err: errCommit}, handler: func(w *Writer, r *http.Request) {
				early(w)
				select {
				case <-seen:
				case <-r.Context().Done():
				}
			}}
			server := x.server(t)
			response, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body := make([]byte, len("unavailable"))
			if _, err := io.ReadFull(response.Body, body); err != nil || response.StatusCode != 503 {
				t.Errorf("got %d %q, %v", response.StatusCode, body, err)
			}
			close(seen)
		})
	}
}

// A commit that panics is not tried again by a recovery between handler and us.
func TestCommitThatPanics(t *testing.T) {
	x := &exchange{}
	x.hooks = &hooks{}
	x.handler = func(w *Writer, _ *http.Request) {
		w.hooks = panicking{x.hooks}
		func() {
			defer func() { _ = recover() }()
			w.Flush()
		}()
	}
	x.serve(t).want(t, 503, "unavailable", 0, decision{200, true})
	if len(x.failed) != 1 || x.failed[0] != errUnfinished {
		t.Errorf("Fail was called with %v", x.failed)
	}
}

type panicking struct{ *hooks }

func (p panicking) Commit(status int, carried bool) error {
	p.decisions = append(p.decisions, decision{status, carried})
	panic("commit")
}

func TestDrop(t *testing.T) {
	x := &exchange{
		outside: func(w http.ResponseWriter) { w.Header().Set("ETag", "outer") },
		handler: func(w *Writer, _ *http.Request) {
			w.Header().Set("ETag", "inner")
			w.WriteHeader(202)
			write(t, w, "abc")
			header := w.Drop()
			if header.Get("ETag") != "outer" {
				t.Errorf("the header is not as it was found: %v", header)
			}
			header.Set("Vary", "Cookie")
			if _, err := w.Write([]byte("x")); !errors.Is(err, errDropped) {
				t.Errorf("Write: %v", err)
			}
		},
	}
	x.serve(t).want(t, 200, "", 0)
	if x.header.Get("Vary") != "Cookie" || x.header.Get("ETag") != "outer" {
		t.Errorf("got the header %v", x.header)
	}

	x = &exchange{handler: func(w *Writer, _ *http.Request) {
		write(t, w, "abc")
		w.Flush()
		if header := w.Drop(); header != nil {
			t.Errorf("the header of a response that has left: %v", header)
		}
	}}
	x.serve(t).want(t, 200, "abc", 1, decision{200, true})
}

// Whoever kept the writer beyond its request does not reach the next one.
func TestEnd(t *testing.T) {
	x := &exchange{handler: func(w *Writer, _ *http.Request) { write(t, w, "abc") }}
	x.serve(t)
	if _, err := x.w.Write([]byte("x")); !errors.Is(err, errEnded) {
		t.Errorf("Write: %v", err)
	}
	if err := x.w.FlushError(); !errors.Is(err, errEnded) {
		t.Errorf("FlushError: %v", err)
	}
}
