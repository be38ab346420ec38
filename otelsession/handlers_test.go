package otelsession_test

import (
	"context"

	"github.com/seed7368b609/gormsession"
)

// handlers are an application's own.
type handlers struct{ heard *[]string }

func (h *handlers) HandleEvent(_ context.Context, e gormsession.Event) {
	*h.heard = append(*h.heard, string(e.Kind))
}

func (h *handlers) BeginOperation(
	ctx context.Context, kind gormsession.OperationKind,
) (context.Context, func(gormsession.Operation)) {
	*h.heard = append(*h.heard, "begin "+string(kind))
	return ctx, func(o gormsession.Operation) {
		*h.heard = append(*h.heard, "end "+string(o.Kind))
	}
}
