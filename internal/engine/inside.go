package engine

import "context"

// Session is the key under which the context of an operation has its session, which has a method
// Meddled: the error of one that was used from inside, by what runs while it is loaded or saved.
type Session struct{}

// meddledWith is the error of a save whose session was used from inside, so that it ends before it
// is committed.
func meddledWith(ctx context.Context) error {
	if s, ok := ctx.Value(Session{}).(interface{ Meddled() error }); ok {
		return s.Meddled()
	}
	return nil
}
