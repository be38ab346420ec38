// Package otelsession tells OpenTelemetry what becomes of sessions: metrics of loads and saves, of
// logins, of requests that meet a conflict or a database that is away, and a span for each
// operation, beneath that of the request and above those of the statements.
//
//	r.Use(otelgin.Middleware("shop"), ginsession.New(db, otelsession.Instrument()))
//
// It is a module of its own and needs OpenTelemetry's API alone: what is exported, and where to, is
// the application's SDK to say. docs/telemetry.md lists each metric with its attributes. Their
// values are few and known before; neither they nor spans hold a key, a handle, a user, or
// anything of what a session holds.
//
// # Spans
//
// A span is named by its operation, such as "session load", and lies beneath the span in the
// context of the request, so what makes that, such as otelgin or otelhttp, is mounted outside of
// the session. The statements of an operation have its span in their context: what a plugin of
// GORM's, or a driver, makes of them lies beneath. A request that does not use its session has no
// span.
package otelsession

import (
	"cmp"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed7368b609/gormsession"
)

const scope = "github.com/seed7368b609/gormsession/otelsession"

// An Option changes one setting of [Instrument] or [ObserveLive].
type Option func(*config)

type config struct {
	meters     metric.MeterProvider
	tracers    trace.TracerProvider
	attributes []attribute.KeyValue
}

func newConfig(opts []Option) config {
	c := config{meters: otel.GetMeterProvider(), tracers: otel.GetTracerProvider()}
	for _, opt := range opts {
		opt(&c)
	}
	return c
}

// with is a set of attributes that has those of WithAttributes.
func (c config) with(more ...attribute.KeyValue) attribute.Set {
	return attribute.NewSet(slices.Concat(c.attributes, more)...)
}

// WithMeterProvider sets what makes the metrics. The default, and nil, is OpenTelemetry's global
// provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(c *config) { c.meters = cmp.Or(p, c.meters) }
}

// WithTracerProvider sets what makes the spans. The default, and nil, is OpenTelemetry's global
// provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(c *config) { c.tracers = cmp.Or(p, c.tracers) }
}

// WithAttributes adds attributes to each metric and span, such as one that tells two plugins of one
// process apart. They are to be the same all the time.
func WithAttributes(attributes ...attribute.KeyValue) Option {
	return func(c *config) { c.attributes = append(c.attributes, attributes...) }
}

// Instrument is the option for [gormsession.New], or the New of an adapter, by which sessions are
// measured and traced. It leaves the handlers of other options alone. How many sessions are live is
// not counted by it, as that costs a query: see [ObserveLive].
func Instrument(opts ...Option) gormsession.Option {
	c := newConfig(opts)
	m := newMetrics(c)
	return gormsession.WithOptions(
		gormsession.WithEvents(m),
		gormsession.WithOperations(operations{metrics: m, tracer: c.tracers.Tracer(scope)}),
	)
}
