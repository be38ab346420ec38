package clusters

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
)

// An outcome is what a client knows of what it has asked for.
type outcome string

const (
	done        outcome = "done"
	unavailable outcome = "unavailable" // nothing was done
	unknown     outcome = "unknown"     // it may have been done
	gone        outcome = "gone"        // there is no such session
)

const count = gormsession.Field[int]("n")

// An application is one on a pool of its own, with pages that count, log in and log out.
type application struct {
	url  string
	log  *tail
	late time.Duration // how old what its pages show may be
}

func serve(t *testing.T, db *gorm.DB, opts ...gormsession.Option) *application {
	t.Helper()
	log := &tail{}
	mux := http.NewServeMux()
	mux.HandleFunc("/start", func(_ http.ResponseWriter, r *http.Request) {
		count.Set(httpsession.Get(r), 0)
	})
	page := func(path string, f func(w http.ResponseWriter, s *gormsession.State)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			s := httpsession.Get(r)
			if !count.Has(s) {
				w.WriteHeader(http.StatusGone)
				return
			}
			f(w, s)
		})
	}
	show := func(w http.ResponseWriter, s *gormsession.State) { fmt.Fprint(w, count.Or(s, -1)) }
	page("/read", show)
	page("/count", func(w http.ResponseWriter, s *gormsession.State) {
		fmt.Fprint(w, count.Modify(s, func(n int) int { return n + 1 }))
	})
	page("/login", func(_ http.ResponseWriter, s *gormsession.State) { s.LogIn(1) })
	page("/logout", func(_ http.ResponseWriter, s *gormsession.State) { s.LogOut() })
	own := []gormsession.Option{
		gormsession.WithTimeout(2 * time.Second), gormsession.WithCleanup(0),
		gormsession.WithLogger(slog.New(slog.NewTextHandler(log, nil))),
		gormsession.WithErrorHandler(tell),
	}
	session := httpsession.New(db, append(own, opts...)...)
	server := httptest.NewServer(session(mux))
	t.Cleanup(server.Close)
	return &application{url: server.URL, log: log}
}

// tell says what has become of a request that was not carried out.
func tell(w http.ResponseWriter, _ *http.Request, err error) bool {
	o, status := unavailable, http.StatusServiceUnavailable
	switch {
	case errors.Is(err, gormsession.ErrOutcomeUnknown):
		o = unknown
	case errors.Is(err, gormsession.ErrInterrupted):
		o, status = gone, http.StatusBadRequest
	}
	w.Header().Set("Outcome", string(o))
	w.WriteHeader(status)
	return true
}

// A reply is what a client is told.
type reply struct {
	outcome
	key  string // a new one
	n    int
	took time.Duration
}

var web = &http.Client{
	Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 30 * time.Second,
}

// ask asks for a page of the session of that key, which may be empty.
func (a *application) ask(path, key string) (got reply) {
	began := time.Now()
	defer func() { got.took = time.Since(began) }()
	r, err := http.NewRequest(http.MethodPost, a.url+path, nil)
	if err != nil {
		return reply{outcome: unknown}
	}
	if key != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: key})
	}
	response, err := web.Do(r)
	if err != nil {
		return reply{outcome: unknown}
	}
	defer response.Body.Close()
	got.outcome = outcome(response.Header.Get("Outcome"))
	switch response.StatusCode {
	case http.StatusOK:
		got.outcome = done
	case http.StatusGone:
		got.outcome = gone
	}
	for _, c := range response.Cookies() {
		got.key = c.Value
	}
	got.n = -1
	_, _ = fmt.Fscan(response.Body, &got.n)
	return got
}

// A tail is the end of what was logged.
type tail struct {
	mu   sync.Mutex
	text []string
}

func (l *tail) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text = append(l.text, string(line)); len(l.text) > 5 {
		l.text = l.text[1:]
	}
	return len(line), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.text, "")
}
