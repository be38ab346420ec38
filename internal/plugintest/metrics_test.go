package plugintest

import (
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	client "github.com/prometheus/client_golang/prometheus"
	"gorm.io/plugin/prometheus"

	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// The plugin for Prometheus shows the pool that sessions use: while a statement of a request is
// carried out one connection of it is in use. Sessions work beside it.
func TestMetricsShowThePoolOfSessions(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		t.Parallel() // each waits for the plugin, which looks once a second at most
		refreshed := refreshes(make(chan struct{}))
		s := newSite(t, d, own, setup{gorm: config.Gorm(), metrics: prometheus.Config{
			RefreshInterval: 1, MetricsCollector: []prometheus.MetricsCollector{refreshed}}})
		const visitors = 7
		s.pool.SetMaxOpenConns(visitors)
		s.engine.GET("/", func(c *gin.Context) { ginsession.Get(c).Set("name", "Ann") })
		key := s.start()
		var once sync.Once
		s.statements.Hook(func(string) {
			once.Do(func() {
				for range 2 { // the first look may have begun before the statement
					<-refreshed
				}
				for name, want := range map[string]float64{
					"gorm_dbstats_max_open_connections": visitors,
					"gorm_dbstats_in_use":               1,
				} {
					if got := s.gauge(name); got != want {
						t.Errorf("%s is %v, not %v", name, got, want)
					}
				}
			})
		})
		s.visit("", key)
		s.statements.Hook(nil)
		session, err := s.plugin.Open(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if got := session.Get("name"); got != "Ann" {
			t.Errorf("the session holds %v", got)
		}
	})
}

// gauge is the value of a metric of the pool, as whoever asks the process is told it.
func (s *site) gauge(name string) float64 {
	s.t.Helper()
	families, err := client.DefaultGatherer.Gather()
	if err != nil {
		s.t.Error(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if family.GetName() == name && label.GetValue() == s.label {
					return metric.GetGauge().GetValue()
				}
			}
		}
	}
	s.t.Errorf("there is no metric %s", name)
	return 0
}

// refreshes tells when the plugin has looked at the pool, as it has a goroutine for that.
type refreshes chan struct{}

// Metrics implements prometheus.MetricsCollector. It is called before there is the goroutine, and
// has the gauge that is set last tell.
func (r refreshes) Metrics(p *prometheus.Prometheus) []client.Collector {
	p.MaxIdleTimeClosed = telling{p.MaxIdleTimeClosed, r}
	return nil
}

type telling struct {
	client.Gauge
	set chan<- struct{}
}

func (g telling) Set(v float64) {
	g.Gauge.Set(v)
	select {
	case g.set <- struct{}{}:
	default: // nobody waits
	}
}
