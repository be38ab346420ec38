package sitetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession"
)

// A Page is given what a handler of net/http is, and the session.
type Page func(w http.ResponseWriter, r *http.Request, session *gormsession.State)

// An Adapter serves a page within a plugin's session.
type Adapter func(plugin *gormsession.Plugin, page Page) http.Handler

// each runs a test over HTTP/1.1 and over HTTP/2.
func (serve Adapter) each(t *testing.T, test func(s *Site, plugin *gormsession.Plugin)) {
	t.Helper()
	Each(t, func(t *testing.T, http2 bool) {
		s := New(t)
		s.HTTP2 = http2
		test(s, s.NewPlugin())
	})
}

// Flush checks that the session is saved and its cookie sent with the first Flush, be it by
// http.Flusher or by http.ResponseController, and that a change after it is saved at the end.
func Flush(t *testing.T, serve Adapter) {
	for name, flush := range map[string]func(http.ResponseWriter) error{
		"Flusher":    func(w http.ResponseWriter) error { w.(http.Flusher).Flush(); return nil },
		"controller": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
	} {
		t.Run(name, func(t *testing.T) {
			serve.each(t, func(s *Site, plugin *gormsession.Plugin) {
				s.Handler = serve(plugin, func(
					w http.ResponseWriter, _ *http.Request, session *gormsession.State,
				) {
					session.Set("k", "new")
					w.WriteHeader(202)
					_, _ = io.WriteString(w, "one ")
					if err := flush(w); err != nil {
						s.T.Error(err)
					}
					s.WantSaved(plugin, "new")
					session.Set("k", "late")
					_, _ = io.WriteString(w, "two")
				})
				s.Want(s.Get(), 202, "one two", 1)
				s.WantSaved(plugin, "late")
			})
		})
	}
}

// ServerSentEvents checks that events reach the client one by one, with the cookie before the first
// one.
func ServerSentEvents(t *testing.T, serve Adapter) {
	serve.each(t, func(s *Site, plugin *gormsession.Plugin) {
		next := make(chan struct{})
		s.Handler = serve(plugin, func(
			w http.ResponseWriter, _ *http.Request, session *gormsession.State,
		) {
			session.Set("k", "new")
			w.Header().Set("Content-Type", "text/event-stream")
			for n := range 3 {
				<-next
				_, err := fmt.Fprintf(w, "data: %d\n", n)
				if err = errors.Join(err, http.NewResponseController(w).Flush()); err != nil {
					s.T.Error(err)
				}
			}
		})
		go func() { next <- struct{}{} }()
		response, err := s.Start().Client().Get(s.Start().URL + "/page")
		if err != nil {
			s.T.Fatal(err)
		}
		defer response.Body.Close()
		if len(response.Cookies()) != 1 {
			s.T.Errorf("the header is %v", response.Header)
		}
		events := bufio.NewScanner(response.Body)
		for n := range 3 {
			if !events.Scan() || events.Text() != fmt.Sprint("data: ", n) {
				s.T.Errorf("event %d is %q", n, events.Text())
			}
			if n < 2 {
				next <- struct{}{}
			}
		}
		s.Wait()
		s.WantSaved(plugin, "new")
	})
}

// HijackOverHTTP2 checks that a handler is told, before anything is decided, that there is no
// connection to take.
func HijackOverHTTP2(t *testing.T, serve Adapter) {
	s := New(t)
	s.HTTP2 = true
	plugin := s.NewPlugin()
	s.Handler = serve(plugin, func(
		w http.ResponseWriter, _ *http.Request, session *gormsession.State,
	) {
		session.Set("k", "new")
		if _, _, err := w.(http.Hijacker).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack: %v", err)
		}
		w.WriteHeader(426)
		_, _ = io.WriteString(w, "upgrade")
	})
	s.Want(s.Get(), 426, "upgrade", 1)
	s.WantSaved(plugin, "new")
}

// ClientLeaves checks that a client that has left while the handler ran loses nothing.
func ClientLeaves(t *testing.T, serve Adapter) {
	serve.each(t, func(s *Site, plugin *gormsession.Plugin) {
		s.Handler = serve(plugin, func(
			_ http.ResponseWriter, _ *http.Request, session *gormsession.State,
		) {
			session.Set("k", "old")
		})
		login := s.Get()
		entered := make(chan struct{})
		s.Handler = serve(plugin, func(
			w http.ResponseWriter, r *http.Request, session *gormsession.State,
		) {
			close(entered)
			<-r.Context().Done()
			session.Set("k", "new")
			_, _ = io.WriteString(w, "body")
		})
		r, _ := http.NewRequest("GET", s.Start().URL+"/page", nil)
		ctx, leave := context.WithCancel(s.T.Context())
		go func() {
			<-entered
			leave()
		}()
		if a := s.Send(r.WithContext(ctx), login); a.Err == nil {
			s.T.Errorf("the client got %d", a.Status)
		}
		s.WantSaved(plugin, "new")
	})
}
