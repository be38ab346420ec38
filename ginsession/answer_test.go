package ginsession_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

// answer is a response and what came of its request.
type answer struct {
	*outcome
	response *http.Response
	status   int
	body     string
	err      error // of the request, or of reading the body
}

// get sends a GET, with the cookie of an earlier answer if there is one.
func (s *site) get(path string, before ...*answer) *answer {
	s.T.Helper()
	return s.send("GET", path, nil, before...)
}

func (s *site) send(method, path string, edit func(r *http.Request), before ...*answer) *answer {
	s.T.Helper()
	r, err := http.NewRequestWithContext(s.T.Context(), method, s.Start().URL+path, nil)
	if err != nil {
		s.T.Fatal(err)
	}
	for _, a := range before {
		for _, c := range a.response.Cookies() {
			r.AddCookie(c)
		}
	}
	if edit != nil {
		edit(r)
	}
	a := &answer{}
	if a.response, a.err = s.Start().Client().Do(r); a.err == nil {
		var body []byte
		body, a.err = io.ReadAll(a.response.Body)
		_ = a.response.Body.Close()
		a.status, a.body = a.response.StatusCode, string(body)
		if wanted := map[bool]int{false: 1, true: 2}[s.HTTP2]; a.response.ProtoMajor != wanted {
			s.T.Errorf("answered over %s", a.response.Proto)
		}
	}
	a.outcome = s.wait()
	return a
}

// cookies are the lines that set the session's cookie.
func (a *answer) cookies() []string {
	return slices.DeleteFunc(slices.Clone(a.response.Header["Set-Cookie"]), func(line string) bool {
		return !strings.HasPrefix(line, "session=")
	})
}

// want checks an answer: its status, its body, and how many cookies it sets.
func (s *site) want(a *answer, status int, body string, cookies int) {
	s.T.Helper()
	if a.err != nil {
		s.T.Fatal(a.err)
	}
	if a.status != status || a.body != body {
		s.T.Errorf("got %d %.200q, want %d %.200q", a.status, a.body, status, body)
	}
	if got := a.cookies(); len(got) != cookies {
		s.T.Errorf("got the cookies %q, want %d", got, cookies)
	}
}

// wantSaved checks that value is the entry "k" of the only session, "" that there
// is none, and that no save has failed.
func (s *site) wantSaved(value string) {
	s.T.Helper()
	s.wantRow(value)
	if n := s.failed.Load(); n != 0 {
		s.T.Errorf("the error handler was called %d times", n)
	}
}

func (s *site) wantRow(value string) { s.T.Helper(); s.WantSaved(s.plugin, value) }

// wantFailed checks that the error handler was called once.
func (s *site) wantFailed(a *answer, err error) {
	s.T.Helper()
	if n := s.failed.Load(); n != 1 {
		s.T.Errorf("the error handler was called %d times, want once", n)
	}
	s.wantError(a.outcome, err)
}

// wantError checks that c.Errors holds one error, which wraps err.
func (s *site) wantError(o *outcome, err error) {
	s.T.Helper()
	if len(o.errors) != 1 || !errors.Is(o.errors[0], err) {
		s.T.Errorf("c.Errors holds %v, want %v", o.errors, err)
	}
}
