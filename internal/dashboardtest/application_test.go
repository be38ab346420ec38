package dashboardtest

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/otelsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

// A shop is an application under load.
type shop struct {
	t       *testing.T
	plugin  *gormsession.Plugin
	handler http.Handler
	random  *rand.Rand
	keys    []string // of visitors
}

// underLoad runs an application for half an hour of the clock's, and has it scraped. Its database
// says nothing for a minute, and is away for another one.
func underLoad(t *testing.T, p *prometheus) {
	server := dbtest.StartServer(t, dbtest.Postgres)
	reader, err := exporter.New(exporter.WithRegisterer(p.registry))
	if err != nil {
		t.Fatal(err)
	}
	telemetry := otelsession.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	clock := sessiontest.NewClock()
	plugin, err := gormsession.New(server.DB(t).Open(t), clock.Option(),
		gormsession.WithLifetime(5*time.Minute), gormsession.WithTimeout(100*time.Millisecond),
		gormsession.WithUserLimit(2), gormsession.WithCleanup(0), gormsession.WithMaxBytes(1000),
		gormsession.WithLogger(slog.New(slog.DiscardHandler)), otelsession.Instrument(telemetry))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := otelsession.ObserveLive(plugin, 50*time.Millisecond, telemetry); err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, plugin: plugin, random: rand.New(rand.NewPCG(1, 2))}
	s.handler = httpsession.Handler(plugin)(http.HandlerFunc(s.serve))

	const minute = int(time.Minute / scrapeInterval)
	for step := range 30 * minute {
		switch step {
		case 14 * minute:
			server.Pause()
		case 15 * minute:
			server.Resume()
			server.Stop()
		case 16 * minute:
			server.Start()
		}
		visits := 20 + s.random.IntN(10)
		if 14*minute <= step && step < 16*minute {
			visits = 2 // each takes its time
		}
		for range visits {
			s.visit()
		}
		if step%minute == 0 {
			_, _ = plugin.ClearExpired(t.Context()) // which fails while the database is away
		}
		p.scrape()
		clock.Advance(scrapeInterval)
	}
}

// pages are what visitors do, each as often as it is here.
var pages = []string{
	"read", "read", "read", "read", "write", "write", "count", "new", "new", "login", "logout",
	"large", "stranger", "gone",
}

func (s *shop) serve(w http.ResponseWriter, r *http.Request) {
	session := httpsession.Get(r)
	switch r.URL.Path {
	case "/read", "/stranger":
		session.Get("cart")
	case "/write", "/new":
		session.Set("cart", r.URL.Query().Get("n"))
	case "/count":
		gormsession.Field[int]("n").Modify(session, func(n int) int { return n + 1 })
	case "/login":
		session.LogIn(r.URL.Query().Get("n"))
	case "/logout":
		session.LogOut()
	case "/large":
		session.Set("cart", fmt.Sprintf("%1000d", 1))
	case "/gone": // while the request runs, as by an administrator
		session.Set("cart", "gone")
		_ = s.plugin.Delete(r.Context(), session.Key())
	}
}

// visit has a visitor ask for a page; for one that counts, several at once.
func (s *shop) visit() {
	page, key, at := pages[s.random.IntN(len(pages))], "", 0
	if len(s.keys) > 0 {
		at = s.random.IntN(len(s.keys))
		key = s.keys[at]
	}
	switch page {
	case "new":
		key = ""
	case "stranger":
		key = "Not-A-Key"
	case "count":
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { s.ask("read", key); s.ask("count", key) })
		}
		all.Wait()
		return
	}
	switch cookie := s.ask(page, key); {
	case cookie == nil || page == "stranger":
	case key == "" || len(s.keys) == 0:
		s.keys = append(s.keys, cookie.Value)
	default:
		s.keys[at] = cookie.Value // "" after a logout
	}
}

// ask returns the cookie of a page, or nil.
func (s *shop) ask(page, key string) *http.Cookie {
	r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/%s?n=%d", page, rand.IntN(40)), nil)
	if key != "" {
		r.AddCookie(&http.Cookie{Name: s.plugin.CookieName(), Value: key})
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	_, _ = io.Copy(io.Discard, w.Body)
	for _, cookie := range w.Result().Cookies() {
		return cookie
	}
	return nil
}
