package otelsession_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/otelsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

// A site is an application whose sessions are measured and traced, by OpenTelemetry's own SDK.
type site struct {
	t          *testing.T
	db         *gorm.DB
	statements *dbtest.Statements
	plugin     *gormsession.Plugin
	clock      *sessiontest.Clock
	handler    http.Handler
	page       func(s *gormsession.State, r *http.Request)
	reader     *metric.ManualReader
	telemetry  []otelsession.Option
	spans      *tracetest.InMemoryExporter
	trace      *trace.TracerProvider
	secrets    []string // that nobody is to see
}

// The values of sessions and the users of them, which are told by these.
const (
	value = "MARKEDVALUE"
	user  = "marked-user"
)

func newSite(t *testing.T, d *dbtest.DB, opts ...gormsession.Option) *site {
	t.Helper()
	s := &site{
		t: t, clock: sessiontest.NewClock(), reader: metric.NewManualReader(),
		spans: tracetest.NewInMemoryExporter(), secrets: []string{value, user},
	}
	s.trace = trace.NewTracerProvider(trace.WithSyncer(s.spans))
	s.telemetry = []otelsession.Option{
		otelsession.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(s.reader))),
		otelsession.WithTracerProvider(s.trace),
	}
	s.db, s.statements = d.OpenCounted(t)
	var err error
	s.plugin, err = gormsession.New(s.db, append([]gormsession.Option{
		s.clock.Option(), gormsession.WithCleanup(0), otelsession.Instrument(s.telemetry...),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	s.mount()
	t.Cleanup(s.checkExport)
	return s
}

// mount serves the page.
func (s *site) mount() {
	s.handler = httpsession.Handler(s.plugin)(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { s.page(httpsession.Get(r), r) }))
}

// visit asks for a page as who has that key, and returns the status and the key that is to be
// brought next.
func (s *site) visit(
	key string, page func(session *gormsession.State, r *http.Request),
) (int, string) {
	s.t.Helper()
	s.page = page
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if key != "" {
		r.Header.Set("Cookie", s.plugin.CookieName()+"="+key)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		if key = cookie.Value; key != "" {
			s.know(key)
		}
	}
	return w.Code, key
}

// know keeps a key, and what a row or a log has in its place, as a secret.
func (s *site) know(key string) {
	s.secrets = append(s.secrets, key)
	var rows []gormsession.Session
	s.exec(func(db *gorm.DB) error { return db.Table("web_sessions").Find(&rows).Error })
	for _, row := range rows {
		s.secrets = append(s.secrets, row.SessionKey, row.Handle())
	}
}

// exec does something beside the application, which nobody is told of.
func (s *site) exec(do func(db *gorm.DB) error) {
	s.t.Helper()
	if err := do(s.db); err != nil {
		s.t.Error(err)
	}
}

// start makes a session.
func (s *site) start() string {
	s.t.Helper()
	status, key := s.visit("", set("name"))
	if status != http.StatusOK || key == "" {
		s.t.Fatalf("a session is answered with %d", status)
	}
	return key
}

// set sets an entry to a value that is another one each time.
func set(name string) func(*gormsession.State, *http.Request) {
	return func(session *gormsession.State, _ *http.Request) {
		session.Set(name, value+time.Now().String())
	}
}

func read(session *gormsession.State, _ *http.Request) { session.Get("name") }

func logIn(session *gormsession.State, _ *http.Request) { session.LogIn(user) }

// counts are what the metrics say: of each set of attributes the sum of a counter, or how many
// values a histogram has.
func (s *site) counts() map[string]int64 {
	s.t.Helper()
	counts := map[string]int64{}
	for _, m := range s.collect() {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				counts[named(m, p.Attributes.Encoded(attributes))] = p.Value
			}
		case metricdata.Gauge[int64]:
			for _, p := range data.DataPoints {
				counts[named(m, p.Attributes.Encoded(attributes))] = p.Value
			}
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				counts[named(m, p.Attributes.Encoded(attributes))] = int64(p.Count)
			}
		default:
			s.t.Errorf("%s is %T", m.Name, data)
		}
	}
	return counts
}

func (s *site) collect() (all []metricdata.Metrics) {
	s.t.Helper()
	var collected metricdata.ResourceMetrics
	if err := s.reader.Collect(context.Background(), &collected); err != nil {
		s.t.Fatal(err)
	}
	for _, scope := range collected.ScopeMetrics {
		all = append(all, scope.Metrics...)
	}
	return all
}

// named is a metric and its attributes in a line, without what all names begin with.
func named(m metricdata.Metrics, attributes string) string {
	line := strings.ReplaceAll(m.Name+" "+attributes, "gormsession.", "")
	line = strings.ReplaceAll(line, "operation.name=", "")
	return strings.TrimSpace(strings.ReplaceAll(line, "operation.duration", "took"))
}

// moves are what an act moves, a line each: "logins", or "cleared 3" where it is not by one.
func (s *site) moves(act func()) (lines []string) {
	s.t.Helper()
	before := s.counts()
	act()
	for line, n := range s.counts() {
		switch n -= before[line]; {
		case n > 1:
			lines = append(lines, fmt.Sprintf("%s %d", line, n))
		case n != 0:
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

// checkExport looks for secrets in all that was exported, and for what the documentation does not
// list.
func (s *site) checkExport() {
	page, err := os.ReadFile("../docs/telemetry.md")
	if err != nil {
		s.t.Error(err)
	}
	metrics, err := json.Marshal(s.collect())
	if err != nil {
		s.t.Error(err)
	}
	exported := string(metrics) + fmt.Sprintf("%+v", s.spans.GetSpans().Snapshots())
	for _, span := range s.spans.GetSpans() {
		exported += fmt.Sprintf("\n%+v", span)
	}
	for _, secret := range s.secrets {
		if strings.Contains(exported, secret) {
			s.t.Errorf("%q is exported: %s", secret, exported)
		}
	}
	for _, m := range s.collect() {
		if !strings.Contains(string(page), "| `"+m.Name+"` |") {
			s.t.Errorf("docs/telemetry.md does not list %s", m.Name)
		}
	}
	for _, a := range s.seen() {
		for _, text := range []string{string(a.Key), a.Value.String()} {
			if !strings.Contains(string(page), "`"+text+"`") {
				s.t.Errorf("docs/telemetry.md does not list %s, of %s", text, a.Key)
			}
		}
	}
}
