package engine

import "context"

// A Tally counts what an operation takes beyond what it would on a database that always answers,
// with nobody else there. It is of one operation, which one goroutine carries out.
type Tally struct {
	Retries int // tries after the first, of whatever is asked in it
	Replays int // times that its changes were done again on what another request has saved
}

type tallyKey struct{}

// Tallied is ctx for an operation that is counted in a tally.
func Tallied(ctx context.Context, t *Tally) context.Context {
	return context.WithValue(ctx, tallyKey{}, t)
}

// retried counts a try that is not the first.
func retried(ctx context.Context) {
	if t, ok := ctx.Value(tallyKey{}).(*Tally); ok {
		t.Retries++
	}
}

// Replayed counts that changes were done again.
func Replayed(ctx context.Context) {
	if t, ok := ctx.Value(tallyKey{}).(*Tally); ok {
		t.Replays++
	}
}
