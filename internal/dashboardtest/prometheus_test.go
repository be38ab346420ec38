package dashboardtest

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// A prometheus is the engine of one, and what it has scraped, by a clock of the test's.
type prometheus struct {
	t          *testing.T
	registry   *client.Registry
	engine     *promql.Engine
	series     map[string]*promql.Series // by their labels
	begin, now time.Time
}

const (
	scrapeInterval = 15 * time.Second
	rateInterval   = "1m0s" // as Grafana reckons it: four scrapes
)

func newPrometheus(t *testing.T) *prometheus {
	t.Helper()
	begin := time.Now().Truncate(time.Hour)
	return &prometheus{
		t: t, registry: client.NewRegistry(), series: map[string]*promql.Series{},
		begin: begin, now: begin,
		engine: promql.NewEngine(promql.EngineOpts{
			MaxSamples: 1e7, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
			Parser: parser.NewParser(parser.Options{}),
		}),
	}
}

// scrape takes the metrics in, a scrapeInterval after the last time.
func (p *prometheus) scrape() {
	p.t.Helper()
	families, err := p.registry.Gather()
	if err != nil {
		p.t.Fatal(err)
	}
	samples, err := expfmt.ExtractSamples(
		&expfmt.DecodeOptions{Timestamp: model.TimeFromUnixNano(p.now.UnixNano())}, families...)
	if err != nil {
		p.t.Fatal(err)
	}
	told := map[string]bool{}
	for _, sample := range samples {
		b := labels.NewScratchBuilder(len(sample.Metric) + 1)
		b.Add("job", "shop")
		for name, text := range sample.Metric {
			b.Add(string(name), string(text))
		}
		b.Sort()
		of := b.Labels()
		if p.series[of.String()] == nil {
			p.series[of.String()] = &promql.Series{Metric: of}
		}
		told[of.String()] = true
		add(p.series[of.String()], sample.Timestamp, float64(sample.Value))
	}
	for name, series := range p.series {
		if !told[name] { // a series that is told no more ends
			add(series, model.TimeFromUnixNano(p.now.UnixNano()), math.Float64frombits(value.StaleNaN))
		}
	}
	p.now = p.now.Add(scrapeInterval)
}

func add(to *promql.Series, at model.Time, v float64) {
	to.Floats = append(to.Floats, promql.FPoint{T: int64(at), F: v})
}

// choose finds the series that a query names.
func (p *prometheus) choose(
	sorted bool, _ *storage.SelectHints, matchers ...*labels.Matcher,
) storage.SeriesSet {
	chosen := &seriesSet{}
	for _, series := range p.series {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool {
			return !m.Matches(series.Metric.Get(m.Name))
		}) {
			chosen.rest = append(chosen.rest, series)
		}
	}
	if sorted {
		slices.SortFunc(chosen.rest, func(a, b *promql.Series) int {
			return labels.Compare(a.Metric, b.Metric)
		})
	}
	return chosen
}

// A seriesSet is a storage.SeriesSet.
type seriesSet struct {
	rest []*promql.Series
	at   *promql.Series
}

func (s *seriesSet) Next() bool {
	if len(s.rest) == 0 {
		return false
	}
	s.at, s.rest = s.rest[0], s.rest[1:]
	return true
}

func (s *seriesSet) At() storage.Series                { return promql.NewStorageSeries(*s.at) }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// A line is one series of an answer.
type line struct {
	name   string
	labels labels.Labels
	points []promql.FPoint
}

// ask evaluates a query of the dashboard over all that was scraped, and leaves out series without a
// number.
func (p *prometheus) ask(query string) (lines []line) {
	p.t.Helper()
	query = strings.NewReplacer("$__rate_interval", rateInterval, "$job", ".*").Replace(query)
	q, err := p.engine.NewRangeQuery(
		context.Background(), &storage.MockQueryable{MockQuerier: &storage.MockQuerier{
			SelectMockFunction: p.choose,
		}}, nil, query, p.begin, p.now, scrapeInterval)
	if err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	defer q.Close()
	matrix, err := q.Exec(context.Background()).Matrix()
	if err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	for _, series := range matrix {
		one := line{labels: series.Metric.Copy()}
		for _, point := range series.Floats {
			if !math.IsNaN(point.F) {
				one.points = append(one.points, point)
			}
		}
		if len(one.points) > 0 {
			lines = append(lines, one)
		}
	}
	return lines
}

var label = regexp.MustCompile(`{{(\w+)}}`)

// named is the line with the name that a legend gives it.
func (l line) named(format string) line {
	l.name = label.ReplaceAllStringFunc(format, func(name string) string {
		return l.labels.Get(strings.Trim(name, "{}"))
	})
	return l
}
