package otelsession_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/otelsession"
)

// The gauge says how many sessions are live, those that have expired not among them, by one query
// however often it is asked for.
func TestLiveSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := newSite(t, d)
		s.start()
		s.clock.Advance(100 * 24 * time.Hour)
		s.start()
		s.start()
		registered, err := otelsession.ObserveLive(s.plugin, time.Hour, s.telemetry...)
		if err != nil {
			t.Fatal(err)
		}
		s.statements.Reset()
		for range 5 {
			if got := s.counts()["sessions.live"]; got != 2 {
				t.Errorf("%d sessions are live", got)
			}
		}
		issued := s.statements.All()
		if len(issued) != 1 || !strings.HasPrefix(issued[0], "SELECT COUNT(*)") {
			t.Errorf("that has asked %q", issued)
		}
		if got := s.moves(func() {}); len(got) != 0 || s.counts()["took count"] != 1 {
			t.Errorf("the count is measured as %v", s.counts())
		}
		if err := registered.Unregister(); err != nil {
			t.Error(err)
		}
		if _, told := s.counts()["sessions.live"]; told {
			t.Error("it goes on")
		}
	})
}

// What makes no sense is refused with a word on what to do.
func TestLiveSessionsRefused(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite))
	for want, err := range map[string]error{
		"not nil":          errorOf(otelsession.ObserveLive(nil, time.Minute)),
		"must be positive": errorOf(otelsession.ObserveLive(s.plugin, 0)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, not one that says %q", err, want)
		}
	}
}

// Without a provider it is OpenTelemetry's global one.
func TestNoProvider(t *testing.T) {
	none := []otelsession.Option{
		otelsession.WithMeterProvider(nil), otelsession.WithTracerProvider(nil),
	}
	plugin, err := gormsession.New(dbtest.New(t, dbtest.SQLite).Open(t),
		otelsession.Instrument(none...))
	if err != nil {
		t.Fatal(err)
	}
	_, err = otelsession.ObserveLive(plugin, time.Minute, none...)
	session, openErr := plugin.Open(t.Context(), "")
	if err := errors.Join(err, openErr); err != nil {
		t.Fatal(err)
	}
	if err := session.Save(); err != nil {
		t.Error(err)
	}
}

func errorOf[T any](_ T, err error) error { return err }

// Attributes of the application's are with each metric and span.
func TestAttributesOfTheApplication(t *testing.T) {
	reader, spans := metric.NewManualReader(), tracetest.NewInMemoryExporter()
	telemetry := []otelsession.Option{
		otelsession.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))),
		otelsession.WithTracerProvider(trace.NewTracerProvider(trace.WithSyncer(spans))),
		otelsession.WithAttributes(attribute.String("site", "admin")),
	}
	plugin, err := gormsession.New(dbtest.New(t, dbtest.SQLite).Open(t),
		otelsession.Instrument(telemetry...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := otelsession.ObserveLive(plugin, time.Minute, telemetry...); err != nil {
		t.Fatal(err)
	}
	session, err := plugin.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	session.Set("name", "Ann")
	if err := session.Save(); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, reader: reader}
	if all := s.collect(); len(all) != 3 {
		t.Errorf("%d metrics are told", len(all))
	}
	for line := range s.counts() {
		if !strings.Contains(line, "site=admin") {
			t.Errorf("%s lacks the attribute", line)
		}
	}
	for _, span := range spans.GetSpans() {
		if !slices.Contains(span.Attributes, attribute.String("site", "admin")) {
			t.Errorf("%s lacks the attribute", span.Name)
		}
	}
}
