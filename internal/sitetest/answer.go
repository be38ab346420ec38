package sitetest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

// An Answer is a response, with its body.
type Answer struct {
	*http.Response
	Status int
	Body   string
	Err    error // of the request, or of reading the body
}

// Get sends a GET, with the cookies of earlier answers, and waits for the end of the request.
func (s *Site) Get(before ...*Answer) *Answer {
	s.T.Helper()
	r, err := http.NewRequestWithContext(s.T.Context(), "GET", s.Start().URL+"/page", nil)
	if err != nil {
		s.T.Fatal(err)
	}
	return s.Send(r, before...)
}

// Send sends a request, as Get does.
func (s *Site) Send(r *http.Request, before ...*Answer) *Answer {
	s.T.Helper()
	a := s.Ask(r, before...)
	s.Wait()
	return a
}

// Ask sends a request, with the cookies of earlier answers, and reads the answer.
func (s *Site) Ask(r *http.Request, before ...*Answer) *Answer {
	s.T.Helper()
	for _, a := range before {
		for _, c := range a.Cookies() {
			r.AddCookie(c)
		}
	}
	a := &Answer{}
	if a.Response, a.Err = s.server.Client().Do(r); a.Err == nil {
		var body []byte
		body, a.Err = io.ReadAll(a.Response.Body)
		_ = a.Response.Body.Close()
		a.Status, a.Body = a.StatusCode, string(body)
		if wanted := map[bool]int{false: 1, true: 2}[s.HTTP2]; a.ProtoMajor != wanted {
			s.T.Errorf("answered over %s", a.Proto)
		}
	}
	return a
}

// Want checks an answer: its status, its body, and how many cookies it sets.
func (s *Site) Want(a *Answer, status int, body string, cookies int) {
	s.T.Helper()
	if a.Err != nil {
		s.T.Fatal(a.Err)
	}
	if a.Status != status || a.Body != body {
		s.T.Errorf("got %d %.200q, want %d %.200q", a.Status, a.Body, status, body)
	}
	if got := a.Header["Set-Cookie"]; len(got) != cookies {
		s.T.Errorf("got the cookies %q, want %d", got, cookies)
	}
}

// Connect opens a connection, to speak HTTP by hand.
func (s *Site) Connect() (net.Conn, *bufio.Reader) {
	s.T.Helper()
	conn, err := net.Dial("tcp", s.Start().Listener.Addr().String())
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn, bufio.NewReader(conn)
}
