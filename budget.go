package gormsession

import "context"

// A budget is the time of [WithTimeout] for all that one commit asks of the database: the deletion
// of what was flushed, a load, and the saves. It begins with the first question.
type budget struct {
	shared bool
	ctx    context.Context
	cancel context.CancelFunc
}

// share begins a commit, whose questions have one deadline until settle.
func (s *State) share() { s.spent.shared = true }

func (s *State) settle() {
	if s.spent.cancel != nil {
		s.spent.cancel()
	}
	s.spent = budget{}
}

// deadline is the context of one load, or of all that a commit asks: a client that goes away ends
// neither.
func (s *State) deadline() (context.Context, context.CancelFunc) {
	if s.spent.ctx != nil {
		return s.spent.ctx, func() {}
	}
	ctx := context.Context((*heldContext)(s))
	if s.inRequest {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, s.p.opts.timeout)
	if !s.spent.shared {
		return ctx, cancel
	}
	s.spent.ctx, s.spent.cancel = ctx, cancel
	return ctx, func() {}
}
