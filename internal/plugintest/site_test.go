package plugintest

import (
	"crypto/rand"
	"database/sql"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"gorm.io/gorm"
	"gorm.io/plugin/prometheus"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// marker is in each value of text that a session holds here.
const marker = "MARKEDTEXT"

// A table is one of the two that sessions are kept in.
type table struct {
	name, cookie string
	options      []gormsession.Option
	hashed       bool // a row holds the hash of its key
	plain        bool // a row holds values as they are
}

var (
	own  = table{name: "web_sessions", cookie: "session", hashed: true, plain: true}
	both = []table{own, {name: "django_session", cookie: "sessionid",
		options: []gormsession.Option{django.Compatible(django.Config{SecretKey: "a secret key"})}}}
)

// setup is what an application gives to GORM and to its plugins.
type setup struct {
	gorm    *gorm.Config
	tracer  tracer
	metrics prometheus.Config
}

// site is an application that had both plugins before it had sessions.
type site struct {
	t          *testing.T
	tracer     tracer
	provider   *trace.TracerProvider
	table      table
	plugin     *gormsession.Plugin
	engine     *gin.Engine
	db         *gorm.DB
	statements *dbtest.Statements
	spans      *tracetest.InMemoryExporter
	pool       *sql.DB
	label      string   // of the metrics of the pool
	beside     *gorm.DB // sees rows, and is seen by no plugin
	now        time.Time
	keys       []string // of cookies
	rows       []row
}

// row is what a row has held at some time.
type row struct{ SessionKey, SessionData string }

func newSite(t *testing.T, d *dbtest.DB, table table, with setup) *site {
	t.Helper()
	s := &site{t: t, table: table, spans: tracetest.NewInMemoryExporter(), beside: d.Open(t),
		now: time.Now()}
	provider := trace.NewTracerProvider(trace.WithSyncer(s.spans))
	t.Cleanup(func() { _ = provider.Shutdown(t.Context()) })
	db, statements := d.OpenCounted(t, with.gorm)
	s.db, s.statements = db, statements
	s.label = rand.Text() // the plugin keeps the first metrics of a label, also under -count
	with.metrics.DBName = s.label
	s.tracer, s.provider = with.tracer, provider
	if s.tracer.plugin == nil {
		s.tracer = tracers[0]
	}
	for _, plugin := range []gorm.Plugin{
		s.tracer.plugin(provider), prometheus.New(with.metrics),
	} {
		if err := db.Use(plugin); err != nil {
			t.Fatal(err)
		}
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	s.pool = pool
	plugin, err := gormsession.New(db, append(slices.Clone(table.options),
		gormsession.WithCleanup(0),         // whether a request sweeps would be luck
		gormsession.WithTimeout(time.Hour), // a held statement is none that is late
		gormsession.WithClock(func() time.Time { return s.now }))...)
	if err != nil {
		t.Fatal(err)
	}
	s.plugin = plugin
	s.engine = gin.New()
	s.engine.Use(func(c *gin.Context) {
		ctx, span := provider.Tracer("site").Start(c.Request.Context(), "request")
		defer span.End()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}, ginsession.Handler(plugin))
	return s
}

// start makes a session outside of requests, and returns its key.
func (s *site) start() string {
	s.t.Helper()
	state, err := s.plugin.Open(s.t.Context(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	state.Set("n", 1)
	state.Set("name", marker)
	if err := state.Save(); err != nil {
		s.t.Fatal(err)
	}
	s.know(state.Key())
	return state.Key()
}

// know keeps what nobody is to see of the sessions that there are.
func (s *site) know(keys ...string) {
	s.t.Helper()
	s.keys = append(s.keys, keys...)
	var rows []row
	err := s.beside.Table(s.table.name).Select("session_key", "session_data").Find(&rows).Error
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range rows {
		if !slices.Contains(s.rows, row) {
			s.rows = append(s.rows, row)
		}
	}
}

// storedKeys are the keys of cookies as the rows have them, and those of rows.
func (s *site) storedKeys() (all []string) {
	for _, key := range s.keys {
		if s.table.hashed {
			key = sessionkey.Hash(key)
		}
		all = append(all, key)
	}
	for _, row := range s.rows {
		all = append(all, row.SessionKey)
	}
	return all
}

// data is what tells values: what is in each of them, and the texts that hold them.
func (s *site) data() []string {
	all := []string{marker}
	for _, row := range s.rows {
		all = append(all, row.SessionData)
	}
	return all
}

// visit asks for a page, with the cookie of the key unless that is empty, and returns the
// statements that the database was given since.
func (s *site) visit(page, key string) []string {
	s.t.Helper()
	s.statements.Reset()
	s.spans.Reset()
	r := httptest.NewRequest("GET", "/"+page, nil)
	if key != "" {
		r.Header.Set("Cookie", s.table.cookie+"="+key)
	}
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	if w.Code != 200 {
		s.t.Errorf("%s: %d", page, w.Code)
	}
	for _, cookie := range w.Result().Cookies() {
		if cookie.Value != "" {
			s.know(cookie.Value)
		}
	}
	s.know()
	return slices.DeleteFunc(s.statements.All(), func(sql string) bool {
		return slices.Contains([]string{"BEGIN", "COMMIT", "ROLLBACK"}, sql)
	})
}

// A page is what a request of one kind does, of a session that there is, and how many statements
// it needs at least.
type page struct {
	name  string
	least int
	do    func(session *gormsession.State, c *gin.Context)
}

// visitEach visits a page of each kind, each with a session of its own that was made a day ago.
func (s *site) visitEach(check func(page string, issued []string)) {
	s.t.Helper()
	var key string
	set := func(session *gormsession.State, name string) {
		session.Set(name, marker+s.now.String())
	}
	for _, p := range []page{
		{"read", 1, func(session *gormsession.State, _ *gin.Context) {
			if got := session.Get("name"); got != marker {
				s.t.Errorf("read %v", got)
			}
		}},
		{"create", 1, func(session *gormsession.State, _ *gin.Context) { set(session, "name") }},
		{"write", 2, func(session *gormsession.State, _ *gin.Context) { set(session, "name") }},
		{"modify", 2, func(session *gormsession.State, _ *gin.Context) {
			gormsession.Field[int]("n").Modify(session, func(n int) int { return n + 1 })
		}},
		{"cycle", 2, func(session *gormsession.State, _ *gin.Context) { session.CycleKey() }},
		{"touch", 2, func(session *gormsession.State, _ *gin.Context) { session.Touch() }},
		{"logout", 1, func(session *gormsession.State, _ *gin.Context) { session.Flush() }},
		{"lost", 5, func(session *gormsession.State, c *gin.Context) { // meets another write
			set(session, "name")
			other, err := s.plugin.Open(c.Request.Context(), key)
			if err != nil {
				s.t.Fatal(err)
			}
			set(other, "other")
			if err := other.Save(); err != nil {
				s.t.Error(err)
			}
		}},
	} {
		s.engine.GET("/"+p.name, func(c *gin.Context) { p.do(ginsession.Get(c), c) })
		if key = s.start(); p.name == "create" {
			key = ""
		}
		s.now = s.now.Add(24 * time.Hour)
		issued := s.visit(p.name, key)
		if len(issued) < p.least {
			s.t.Errorf("%s: no more than %q was issued", p.name, issued)
		}
		check(p.name, issued)
	}
}

// shown returns which of some texts another one holds, in whatever case of letters.
func shown(in string, texts ...string) (found []string) {
	for _, text := range texts {
		if strings.Contains(strings.ToLower(in), strings.ToLower(text)) {
			found = append(found, text)
		}
	}
	return found
}
