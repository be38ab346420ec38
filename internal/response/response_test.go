package response

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

var errCommit = errors.New("the database is away")

// decision is one call of Commit.
type decision struct {
	status  int
	carried bool
}

// hooks decides for a test: a cookie where it can be carried, or err.
type hooks struct {
	err       error
	fail      func(http.ResponseWriter, error) bool // nil: 503 in plain text
	w         *Writer
	decisions []decision
	failed    []error
}

func (h *hooks) Commit(status int, carried bool) error {
	h.decisions = append(h.decisions, decision{status, carried})
	if h.err == nil && carried {
		h.w.Header().Add("Set-Cookie", "session=1")
	}
	return h.err
}

func (h *hooks) Fail(w http.ResponseWriter, err error) bool {
	h.failed = append(h.failed, err)
	if h.fail != nil {
		return h.fail(w, err)
	}
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, "unavailable")
	return true
}

// exchange is one request over TCP and all that came of it.
type exchange struct {
	*hooks
	limit   int // 0: 16
	method  string
	outside func(w http.ResponseWriter) // what ran before us
	handler func(w *Writer, r *http.Request)

	status int
	header http.Header
	body   string
	readBy error // of reading the body
}

func (x *exchange) serve(t *testing.T) *exchange {
	t.Helper()
	if x.hooks == nil {
		x.hooks = &hooks{}
	}
	server := x.server(t)
	request, err := http.NewRequestWithContext(t.Context(), x.method, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	x.status, x.header, x.body, x.readBy = response.StatusCode, response.Header, string(body), err
	server.Close() // waits for the handler, so that its findings can be read
	return x
}

func (x *exchange) server(t *testing.T) *httptest.Server {
	if x.limit == 0 {
		x.limit = 16
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(
		inner http.ResponseWriter, r *http.Request,
	) {
		if x.outside != nil {
			x.outside(inner)
		}
		var w Writer
		x.w = &w
		w.Hold(inner, http.StatusOK, x.limit, x.hooks)
		defer w.End()
		x.handler(&w, r)
		w.Finish()
	}))
	server.Config.ErrorLog = log.New(&failing{t}, "", 0)
	server.Start()
	server.Client().Timeout = 10 * time.Second
	t.Cleanup(server.Close)
	return server
}

// failing is a log that the server is not to write to.
type failing struct{ t *testing.T }

func (f *failing) Write(line []byte) (int, error) {
	f.t.Errorf("the server logged: %s", line)
	return len(line), nil
}

func (x *exchange) want(t *testing.T, status int, body string, cookies int, decisions ...decision) {
	t.Helper()
	if x.status != status || x.body != body || x.readBy != nil {
		t.Errorf("got %d %q (%v), want %d %q", x.status, x.body, x.readBy, status, body)
	}
	if got := len(x.header["Set-Cookie"]); got != cookies {
		t.Errorf("got %d cookies, want %d", got, cookies)
	}
	if !reflect.DeepEqual(x.decisions, decisions) {
		t.Errorf("decided %v, want %v", x.decisions, decisions)
	}
}

func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if n, err := io.WriteString(w, text); n != len(text) || err != nil {
		t.Errorf("Write: %d, %v", n, err)
	}
}

func TestHeld(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 1000)
	for _, test := range []struct {
		name    string
		method  string
		handler func(t *testing.T, w *Writer)
		status  int
		body    string
		decided int
	}{
		{"nothing", "GET", func(*testing.T, *Writer) {}, 200, "", 200},
		{"status alone", "GET", func(t *testing.T, w *Writer) { w.WriteHeader(204) }, 204, "", 204},
		{"status, last one", "GET",
			func(t *testing.T, w *Writer) { w.WriteHeader(404); w.WriteHeader(204) }, 204, "", 204},
		{"no status", "GET", func(t *testing.T, w *Writer) { w.WriteHeader(-1) }, 200, "", 200},
		{"204 completed", "GET", func(t *testing.T, w *Writer) { w.WriteHeader(204); w.WriteHeaderNow() },
			204, "", 204},
		{"redirect", "GET", func(t *testing.T, w *Writer) {
			http.Redirect(w, httptest.NewRequest("GET", "/a", nil), "/b", http.StatusFound)
		}, 302, "<a href=\"/b\">Found</a>.\n\n", 302},
		{"redirect of a POST", "POST", func(t *testing.T, w *Writer) {
			http.Redirect(w, httptest.NewRequest("POST", "/a", nil), "/b", http.StatusSeeOther)
		}, 303, "", 303},
		{"body", "GET",
			func(t *testing.T, w *Writer) {
				write(t, w, "abc")
				_, _ = w.Write([]byte("def"))
			}, 200, "abcdef", 200},
		{"empty body", "GET", func(t *testing.T, w *Writer) { _, _ = w.Write(nil) }, 200, "", 200},
		{"body, then status", "GET",
			func(t *testing.T, w *Writer) { write(t, w, "abc"); w.WriteHeader(404) }, 200, "abc", 200},
		{"body, then 5xx", "GET",
			func(t *testing.T, w *Writer) { write(t, w, "abc"); w.WriteHeader(500) }, 500, "abc", 500},
		{"204, then 5xx", "GET",
			func(t *testing.T, w *Writer) {
				w.WriteHeader(204)
				w.WriteHeaderNow()
				w.WriteHeader(503)
			}, 503, "", 503},
		{"HEAD", "HEAD", func(t *testing.T, w *Writer) { write(t, w, "abc") }, 200, "", 200},
		{"HEAD beyond the limit", "HEAD", func(t *testing.T, w *Writer) { write(t, w, long) }, 200, "",
			200},
		{"at the limit", "GET", func(t *testing.T, w *Writer) { write(t, w, long[:16]); write(t, w, "") },
			200, long[:16], 200},
		{"beyond the limit", "GET",
			func(t *testing.T, w *Writer) {
				write(t, w, long[:16])
				write(t, w, long[16:])
			}, 200, long, 200},
		{"io.Copy", "GET", func(t *testing.T, w *Writer) {
			if n, err := io.Copy(w, strings.NewReader(long)); n != int64(len(long)) || err != nil {
				t.Errorf("Copy: %d, %v", n, err)
			}
		}, 200, long, 200},
		{"body of a 204", "GET", func(t *testing.T, w *Writer) {
			w.WriteHeader(204)
			if _, err := w.Write([]byte("abc")); !errors.Is(err, http.ErrBodyNotAllowed) {
				t.Errorf("Write: %v", err)
			}
		}, 204, "", 204},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := &exchange{
				method: test.method, handler: func(w *Writer, _ *http.Request) { test.handler(t, w) },
			}
			x.serve(t).want(t, test.status, test.body, 1, decision{test.decided, true})
		})
	}
}

func TestAnswersAsIfSent(t *testing.T) {
	type state struct {
		status, size int
		written      bool
	}
	check := func(w *Writer, want state) {
		t.Helper()
		if got := (state{w.Status(), w.Size(), w.Written()}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	x := &exchange{handler: func(w *Writer, _ *http.Request) {
		check(w, state{200, -1, false})
		w.WriteHeader(201)
		check(w, state{201, -1, false})
		w.WriteHeaderNow()
		check(w, state{201, 0, true})
		write(t, w, "abc")
		check(w, state{201, 3, true})
		if !w.Held() {
			t.Error("a written response is no longer held")
		}
		w.Flush()
		check(w, state{201, 3, true})
		write(t, w, strings.Repeat("x", 10))
		_, _ = w.Write([]byte(strings.Repeat("x", 10)))
		check(w, state{201, 23, true})
		if w.Held() {
			t.Error("a flushed response is held")
		}
	}}
	x.serve(t).want(t, 201, "abc"+strings.Repeat("x", 20), 1, decision{201, true})
}

func TestHeaderOfTheWriterBeneath(t *testing.T) {
	x := &exchange{
		outside: func(w http.ResponseWriter) { w.Header().Set("Before", "1") },
		handler: func(w *Writer, _ *http.Request) {
			if w.Header().Get("Before") != "1" {
				t.Error("the header that was found is not visible")
			}
			w.Header().Set("Within", "2")
			w.Header().Set("Trailer", "After")
			w.Flush()
			w.Header().Set("Late", "3")
			w.Header().Set("After", "4")
		},
	}
	x.serve(t).want(t, 200, "", 1, decision{200, true})
	for name, want := range map[string]string{"Before": "1", "Within": "2", "Late": ""} {
		if got := x.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
