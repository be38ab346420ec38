package gormsession_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
	"github.com/seed7368b609/gormsession/internal/plainmodel"
)

// epoch is when each script begins.
var epoch = time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC)

// A twin is a database with sites on it, and what the model is to know of them.
type twin struct {
	t          testing.TB
	db         *gorm.DB // past the recording
	statements *dbtest.Statements
	bare       bool
	kind       dbtest.Kind
	sites      []twinSite

	mu    sync.Mutex
	now   time.Time
	fault plainmodel.Fault
	log   []string

	server *httptest.Server
	turns  []*served // that are under way
	// The connection of a handler that goes on after its answer is no other request's.
	clients [2]*http.Client
}

// A twinSite is an application, with one plugin or two, and their settings.
type twinSite struct {
	path     string
	settings []plainmodel.Settings
	plugins  []*gormsession.Plugin
}

// noted is a model with a column of the application's own.
type noted struct {
	gormsession.Session
	Note string
}

func (noted) TableName() string { return "noted_sessions" }

func note(row gormsession.Session, e gormsession.Entries) noted {
	return noted{row, textOf(e.Get("b"))}
}

func (tw *twin) Now() time.Time {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	return tw.now
}

func newTwin(t testing.TB, d *dbtest.DB) *twin {
	tw := &twin{t: t, kind: d.Kind(), now: epoch}
	quietly := &gorm.Config{Logger: logger.Discard}
	tw.db = d.Open(t, &gorm.Config{Logger: logger.Discard})
	var db *gorm.DB
	db, tw.statements = d.OpenCounted(t, quietly)
	tw.bare = db.SkipDefaultTransaction
	engine := gin.New()
	engine.Use(func(c *gin.Context) {
		defer close(tw.turns[len(tw.turns)-1].done)
		c.Next()
	})
	engine.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, _ any) {
		c.AbortWithStatus(http.StatusInternalServerError)
	}))
	const day = 24 * time.Hour
	standard := plainmodel.Settings{
		Table: "web_sessions", CookieName: "session", Lifetime: 14 * day, Step: 14 * day / 64,
	}
	site := func(edits ...func(*plainmodel.Settings)) {
		at := twinSite{path: fmt.Sprint("/", len(tw.sites))}
		group := engine.Group(at.path)
		for _, edit := range edits {
			s := standard
			edit(&s)
			plugin, err := gormsession.New(db, tw.options(s)...)
			if err != nil {
				t.Fatal(err)
			}
			at.settings, at.plugins = append(at.settings, s), append(at.plugins, plugin)
			group.Use(ginsession.Handler(plugin))
		}
		group.GET("", tw.serve(at))
		tw.sites = append(tw.sites, at)
	}
	type settings = plainmodel.Settings
	exact := func(s *settings) { s.Step = 0 }
	site(func(*settings) {})
	site(func(s *settings) { s.Rolling = true })
	site(func(s *settings) { s.SaveEvery = true })
	site(exact)
	site(func(s *settings) { s.Step, s.SaveEvery = 0, true })
	site(func(s *settings) { s.Step, s.Rolling = 0, true })
	site(func(s *settings) {
		s.ForgetsUnknown, s.BrowserSession, s.Lifetime, s.Step = true, true, day, day/64
	})
	site(func(s *settings) { s.Table, s.CookieName, s.Django = "django_session", "sessionid", true })
	site(func(s *settings) {
		s.Table, s.CookieName, s.Django = "django_session", "sessionid", true
		s.Step, s.SaveEvery = 0, true
	})
	site(func(s *settings) { s.LetsGo = true })
	site(func(s *settings) { s.ReplacedRows, s.Step = true, time.Hour })
	site(func(s *settings) { s.Table, s.Former = "second", "web_sessions" })
	site(func(s *settings) { s.Table, s.Noted = "noted_sessions", true })
	inner := func(s *settings) { s.Table, s.CookieName, s.Rolling = "second", "inner", true }
	site(func(*settings) {}, inner)
	site(exact, func(s *settings) { s.Table, s.CookieName, s.LetsGo = "second", "inner", true })
	site(func(s *settings) { s.LetsGo = true }, inner)
	tw.server = httptest.NewServer(engine)
	t.Cleanup(tw.server.Close)
	for i := range tw.clients {
		tw.clients[i] = &http.Client{
			Transport: &http.Transport{},
			Timeout:   time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		}
		t.Cleanup(tw.clients[i].CloseIdleConnections)
	}
	tw.statements.Fail(tw.refuse)
	tw.statements.FailAfter(tw.lose)
	return tw
}

// options are those of settings of the model's.
func (tw *twin) options(s plainmodel.Settings) []gormsession.Option {
	options := []gormsession.Option{
		gormsession.WithClock(tw.Now), gormsession.WithLogger(slog.New(twinLog{tw})),
		gormsession.WithCleanup(0), gormsession.WithTable(s.Table),
		gormsession.WithCookieName(s.CookieName), gormsession.WithLifetime(s.Lifetime),
		gormsession.WithExpiryStep(s.Step), gormsession.WithTimeout(time.Minute),
	}
	for _, option := range []struct {
		on  bool
		opt gormsession.Option
	}{
		{s.BrowserSession, gormsession.WithBrowserSession()},
		{s.SaveEvery, gormsession.WithSaveEveryRequest()},
		{s.Rolling, gormsession.WithRolling()},
		{s.ForgetsUnknown, gormsession.WithUnknownCookieDeleted()},
		{s.Django, gormsession.WithLayout(layout.Django())},
		{s.ReplacedRows, gormsession.WithReplacedRows()},
		{s.Former != "", gormsession.WithFormer(gormsession.WithTable(s.Former))},
		{s.Noted, gormsession.WithModel(note)},
		{s.LetsGo, gormsession.WithErrorHandler(
			func(http.ResponseWriter, *http.Request, error) bool { return false },
		)},
	} {
		if option.on {
			options = append(options, option.opt)
		}
	}
	return options
}
