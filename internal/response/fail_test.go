package response

import (
	"io"
	"net/http"
	"testing"
)

func TestFail(t *testing.T) {
	for _, test := range []struct {
		name   string
		fail   func(w http.ResponseWriter, err error) bool
		status int
		body   string
		etag   string
	}{
		{"false lets the held response go", func(w http.ResponseWriter, _ error) bool {
			w.Header().Set("ETag", "fail")
			return false
		}, 201, "abc", "inner"},
		{"false after an answer is an answer", func(w http.ResponseWriter, _ error) bool {
			w.WriteHeader(418)
			return false
		}, 418, "", "outer"},
		{"true without an answer is no success", func(http.ResponseWriter, error) bool { return true },
			500, "", "outer"},
		{"status alone", func(w http.ResponseWriter, _ error) bool { w.WriteHeader(400); return true },
			400, "", "outer"},
		{"body alone",
			func(w http.ResponseWriter, _ error) bool {
				_, _ = w.Write([]byte("sorry"))
				return true
			}, 200, "sorry", "outer"},
		{"first status", func(w http.ResponseWriter, _ error) bool {
			w.WriteHeader(103)
			w.WriteHeader(400)
			w.WriteHeader(500)
			return true
		}, 400, "", "outer"},
	} {
		for name, handler := range map[string]func(*Writer){
			"at the end": func(*Writer) {},
			"at Flush":   (*Writer).Flush,
		} {
			t.Run(test.name+", "+name, func(t *testing.T) {
				x := &exchange{
					hooks:   &hooks{err: errCommit, fail: test.fail},
					outside: func(w http.ResponseWriter) { w.Header().Set("ETag", "outer") },
					handler: func(w *Writer, _ *http.Request) {
						w.Header().Set("ETag", "inner")
						w.WriteHeader(201)
						write(t, w, "abc")
						handler(w)
					},
				}
				x.serve(t).want(t, test.status, test.body, 0, decision{201, true})
				if len(x.failed) != 1 {
					t.Errorf("Fail was called %d times", len(x.failed))
				}
				if got := x.header.Get("ETag"); got != test.etag {
					t.Errorf("ETag: got %q, want %q", got, test.etag)
				}
			})
		}
	}
}

func TestFailFalseLetsHijackGo(t *testing.T) {
	x := &exchange{
		hooks: &hooks{err: errCommit, fail: func(http.ResponseWriter, error) bool { return false }},
		handler: func(w *Writer, _ *http.Request) {
			conn, _, err := w.Hijack()
			if err != nil {
				t.Errorf("Hijack: %v", err)
				return
			}
			_, _ = io.WriteString(conn, "raw\n")
			_ = conn.Close()
		},
	}
	_, reader := dial(t, x)
	if all, err := io.ReadAll(reader); string(all) != "raw\n" || err != nil {
		t.Errorf("read %q, %v", all, err)
	}
}
