package otelsession

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/seed7368b609/gormsession"
)

// The attributes of metrics and spans.
const (
	operationName = attribute.Key("gormsession.operation.name")
	found         = attribute.Key("gormsession.session.found")
	reason        = attribute.Key("gormsession.reason")
	errorType     = attribute.Key("error.type")
	retries       = attribute.Key("gormsession.operation.retries") // of spans alone
	replays       = attribute.Key("gormsession.operation.replays")
)

// metrics are the instruments, and count events.
type metrics struct {
	config

	duration                         metric.Float64Histogram
	retries, replays                 metric.Int64Counter
	created, ended, cleared          metric.Int64Counter
	logins, cycles                   metric.Int64Counter
	conflicts, unavailable, rejected metric.Int64Counter
}

// seconds are the boundaries of durations, from a read of SQLite's to a WithTimeout of 5 s.
var seconds = []float64{
	.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10,
}

func newMetrics(c config) *metrics {
	meter := c.meters.Meter(scope)
	var errs []error
	counter := func(name, unit, description string) metric.Int64Counter {
		made, err := meter.Int64Counter(
			name, metric.WithUnit(unit), metric.WithDescription(description),
		)
		errs = append(errs, err)
		return made
	}
	duration, err := meter.Float64Histogram("gormsession.operation.duration",
		metric.WithUnit("s"),
		metric.WithDescription("Duration of operations on the session database, retries included."),
		metric.WithExplicitBucketBoundaries(seconds...))
	errs = append(errs, err)
	m := &metrics{
		config: c, duration: duration,
		retries: counter("gormsession.operation.retries", "{retry}",
			"Tries after the first, where the database had undone that or gone away."),
		replays: counter("gormsession.operation.replays", "{replay}",
			"Changes that were done again on what another request had saved meanwhile."),
		created: counter("gormsession.sessions.created", "{session}",
			"Sessions that got their first row."),
		ended: counter("gormsession.sessions.ended", "{session}",
			"Sessions that were ended, or whose absolute lifetime was over."),
		cleared: counter("gormsession.sessions.cleared", "{session}",
			"Expired rows that were deleted."),
		logins: counter("gormsession.logins", "{login}", "Logins that were saved."),
		cycles: counter("gormsession.cycles", "{key}",
			"New keys of sessions without a login."),
		conflicts: counter("gormsession.requests.conflicts", "{request}",
			"Requests whose session had gone when it was saved, answered with 400."),
		unavailable: counter("gormsession.requests.unavailable", "{request}",
			"Requests that the database has failed, answered with 503."),
		rejected: counter("gormsession.requests.rejected", "{request}",
			"Requests that brought no session in spite of a key, or changed what is not saved."),
	}
	if err := errors.Join(errs...); err != nil {
		otel.Handle(err)
	}
	return m
}

// HandleEvent implements gormsession.EventHandler.
func (m *metrics) HandleEvent(ctx context.Context, e gormsession.Event) {
	switch e.Kind {
	case gormsession.Created:
		m.add(ctx, m.created, e.Count)
	case gormsession.LoggedIn:
		m.add(ctx, m.logins, e.Count)
	case gormsession.Cycled:
		why := e.Why
		if why == "" {
			why = "call"
		}
		m.add(ctx, m.cycles, e.Count, reason.String(why))
	case gormsession.Ended, gormsession.Expired:
		m.add(ctx, m.ended, e.Count, reason.String(e.Why))
	case gormsession.Rejected:
		m.add(ctx, m.rejected, 1, reason.String(e.Why))
	case gormsession.Conflict:
		m.add(ctx, m.conflicts, 1)
	case gormsession.Unavailable:
		m.add(ctx, m.unavailable, 1, errorType.String(e.Why))
	}
}

func (m *metrics) add(
	ctx context.Context, c metric.Int64Counter, n int64, attributes ...attribute.KeyValue,
) {
	if n > 0 {
		c.Add(ctx, n, metric.WithAttributeSet(m.with(attributes...)))
	}
}

// measure measures an operation that has ended.
func (m *metrics) measure(ctx context.Context, o gormsession.Operation) {
	kind := operationName.String(string(o.Kind))
	m.duration.Record(ctx, o.Took.Seconds(), metric.WithAttributeSet(m.with(outcomeOf(o)...)))
	m.add(ctx, m.retries, int64(o.Retries), kind)
	m.add(ctx, m.replays, int64(o.Replays), kind)
	if o.Kind == gormsession.OpClear {
		m.add(ctx, m.cleared, o.Count)
	}
}

// outcomeOf says what has become of an operation, in attributes that metrics and spans share.
func outcomeOf(o gormsession.Operation) []attribute.KeyValue {
	attributes := []attribute.KeyValue{operationName.String(string(o.Kind))}
	switch {
	case o.Err != nil:
		attributes = append(attributes, errorType.String(o.Why))
	case o.Kind == gormsession.OpLoad:
		attributes = append(attributes, found.Bool(o.Count > 0))
	}
	return attributes
}
