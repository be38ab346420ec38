//go:build !race

package otelsession_test

import (
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/otelsession"
)

// What metrics and spans add to a request stays within a bound: nothing where it does not use its
// session.
func TestAllocations(t *testing.T) {
	for name, c := range map[string]struct {
		page func(*gormsession.State, *http.Request)
		most float64
	}{
		"untouched": {func(*gormsession.State, *http.Request) {}, 0},
		"read":      {read, 20},
	} {
		count := func(opts ...gormsession.Option) float64 {
			s := &site{t: t, db: dbtest.New(t, dbtest.SQLite).Open(t)}
			var err error
			if s.plugin, err = gormsession.New(s.db, opts...); err != nil {
				t.Fatal(err)
			}
			s.mount()
			key := s.start()
			return testing.AllocsPerRun(100, func() { s.visit(key, c.page) })
		}
		without := count()
		with := count(otelsession.Instrument(
			otelsession.WithMeterProvider(metric.NewMeterProvider(
				metric.WithReader(metric.NewManualReader()))),
			otelsession.WithTracerProvider(trace.NewTracerProvider())))
		t.Logf("%s: %v allocations, and %v with metrics and spans", name, without, with)
		if more := with - without; more > c.most {
			t.Errorf("%s: %v allocations more, at most %v", name, more, c.most)
		}
	}
}
