package otelsession

import (
	"context"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed7368b609/gormsession"
)

// operations measure each operation and make it a span.
type operations struct {
	metrics *metrics
	tracer  trace.Tracer
}

// BeginOperation implements gormsession.OperationHandler.
func (h operations) BeginOperation(
	ctx context.Context, kind gormsession.OperationKind,
) (context.Context, func(gormsession.Operation)) {
	ctx, span := h.tracer.Start(ctx, "session "+string(kind),
		trace.WithAttributes(h.metrics.attributes...))
	return ctx, func(o gormsession.Operation) {
		h.metrics.measure(ctx, o)
		if span.IsRecording() {
			describe(span, o)
		}
		span.End()
	}
}

// describe says of a span what has become of its operation. The text of an error stays out: it may
// quote what an application's hook or codec says.
func describe(span trace.Span, o gormsession.Operation) {
	span.SetAttributes(outcomeOf(o)...)
	if o.Retries > 0 {
		span.SetAttributes(retries.Int(o.Retries))
	}
	if o.Replays > 0 {
		span.SetAttributes(replays.Int(o.Replays))
	}
	if o.Err != nil {
		span.SetStatus(codes.Error, o.Why)
	}
}
