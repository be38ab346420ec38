package gormsession

import (
	"context"
	"errors"
	"time"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// An Operation is what is asked of the database for one purpose, such as the load of a session: a
// statement or more, with all tries that they have taken. It never holds a session key, nor
// anything of a session's data.
type Operation struct {
	Kind OperationKind
	// Took is how long it has lasted.
	Took time.Duration
	// Err wraps one of the package's Err values, as a rule, and Why says more, as [Event] does.
	Err error
	Why string
	// Count is how many sessions were found, saved or ended. Where the answer of the database was
	// lost it may be one too many.
	Count int64
	// Retries are the tries after the first one, where the database had undone that or gone away.
	Retries int
	// Replays are the times that the request's changes were done again, on what another request
	// had saved meanwhile.
	Replays int
}

// OperationKind says what an operation is for.
type OperationKind string

// The kinds of operations. Create, Update, Renew and Cycle are what a save consists of.
const (
	OpLoad   OperationKind = "load"   // look for the session of a key
	OpCreate OperationKind = "create" // make a row
	OpUpdate OperationKind = "update" // save what was changed in a row that is there
	OpRenew  OperationKind = "renew"  // move the expiry alone
	OpCycle  OperationKind = "cycle"  // save under a new key
	OpEnd    OperationKind = "end"    // delete sessions, of a request or by [Plugin.End] and its like
	OpCheck  OperationKind = "check"  // look once more whether a session is alive
	OpList   OperationKind = "list"   // [Plugin.Sessions]
	OpClear  OperationKind = "clear"  // delete expired rows, see [WithCleanup]
	OpCount  OperationKind = "count"  // [Plugin.CountLive]
	OpMove   OperationKind = "move"   // [Plugin.MoveFormer]
	OpFill   OperationKind = "fill"   // [Plugin.FillUsers]
	OpReseal OperationKind = "reseal" // [Plugin.Reseal]
)

// An OperationHandler hears of each operation, for traces and metrics: when it begins, and, by the
// function that it returns, if it is not nil, when it has ended. The statements of the operation
// have the context that it returns, which is made of ctx, so that what GORM's plugins or drivers
// record of them is found under what the handler has begun. ctx is made of that of the request.
//
// It is called concurrently, and while the session is loaded or saved, so it must be quick and must
// not use the session, nor call the plugin.
type OperationHandler interface {
	BeginOperation(
		ctx context.Context, kind OperationKind,
	) (within context.Context, end func(Operation))
}

// WithOperations tells a handler of the operations on the database; each of several such options
// adds one. The default, and nil, is nobody.
func WithOperations(h OperationHandler) Option {
	return func(o *options) {
		if h != nil {
			o.operations = append(o.operations, h)
		}
	}
}

var errPanicked = errors.New("gormsession: a panic has ended it")

// operate carries an operation out, which returns how many sessions it was about.
func (p *Plugin) operate(
	ctx context.Context, kind OperationKind, do func(ctx context.Context) (int64, error),
) (int64, error) {
	return p.opts.operations.operate(ctx, kind, do)
}

// operationHandlers are those of all options.
type operationHandlers []OperationHandler

// operate carries an operation out and tells of it, also where it, or another handler, panics.
func (hs operationHandlers) operate(
	ctx context.Context, kind OperationKind, do func(ctx context.Context) (int64, error),
) (int64, error) {
	if len(hs) == 0 {
		return do(ctx)
	}
	var tally engine.Tally
	ctx = engine.Tallied(ctx, &tally)
	o := Operation{Kind: kind, Err: errPanicked, Why: "panic"}
	for _, h := range hs {
		within, end := h.BeginOperation(ctx, kind)
		if ctx = within; end != nil {
			defer func() { end(o) }()
		}
	}
	began := time.Now()
	defer func() {
		o.Took, o.Retries, o.Replays = time.Since(began), tally.Retries, tally.Replays
	}()
	o.Count, o.Err = do(ctx)
	_, o.Why = whyOf(o.Err)
	return o.Count, o.Err
}

// operate carries out an operation of the session. One within another one is a part of that. mu is
// held.
func (s *State) operate(kind OperationKind, do func() (int64, error)) error {
	if len(s.p.opts.operations) == 0 || s.operating != nil {
		_, err := do()
		return err
	}
	ctx, cancel := s.deadline()
	defer cancel()
	_, err := s.p.operate(ctx, kind, func(ctx context.Context) (int64, error) {
		s.operating = ctx
		defer func() { s.operating = nil }()
		return do()
	})
	return err
}

// carryOut does one step.
func (p *persisting) carryOut(step verdict.Step) (outcome verdict.Outcome, err error) {
	kind := operationOf(step)
	if kind == "" {
		return p.perform(step)
	}
	err = p.operate(kind, func() (count int64, err error) {
		outcome, err = p.perform(step)
		if err == nil && (outcome == verdict.Done || outcome == verdict.DoneExpiryMoved) {
			count = 1
		}
		return count, err
	})
	return outcome, err
}

// operationOf is the kind of a step that always asks the database, "" for others: they say so
// themselves where they do.
func operationOf(step verdict.Step) OperationKind {
	switch step {
	case verdict.Touch:
		return OpRenew
	case verdict.Insert:
		return OpCreate
	case verdict.Update:
		return OpUpdate
	case verdict.Rekey:
		return OpCycle
	}
	return ""
}
