package gormsession

import (
	"context"
	"fmt"
	"time"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// WithReplicaReads reads sessions on the replicas of gorm.io/plugin/dbresolver, as far as they are
// at most so much behind: 100 milliseconds to a minute. The default is to read the primary alone,
// whatever a resolver says, and that is 0.
//
// What it costs is safety: who has logged out, or whose session was ended, is still let in by pages
// that merely read, for late at most after the logout was answered. So long a page may also show
// what the session held before, right after a redirect for one. Nothing is lost, and nothing comes
// back: a save compares with what the primary holds, and does the request's changes again on that.
// Whatever decides by what the session holds asks the primary: [State.LogIn], [State.CycleKey],
// [State.Modify], [Field.Take], Pop, Delete, GetOrSet, Flashes, Clear, [State.IsFresh] and
// [Plugin.Open], and so does each call that changes a session which was not read before.
//
// A replica that has no such session, is further behind, or is away, is no news: the primary is
// asked then, after a tenth of [WithTimeout] at most. How far a replica is behind is known by a row
// that each process writes into the table, twice in that time, while it reads sessions more often
// than that; the row is a session that nobody has, made by the function of [WithModel] as any, and
// expires within an hour after the process. Where it cannot be written a warning says so. It takes
// replicas that get rows in the order of their commits, as those of PostgreSQL, MySQL and MariaDB
// do unless they were told otherwise, and for each table one stream of them, so none that is
// sharded. Where the primary is away sessions are, as soon as late is over.
func WithReplicaReads(late time.Duration) Option {
	return func(o *options) { o.late = late }
}

func (o *options) checkReplicas() error {
	if o.late != 0 && (o.late < 100*time.Millisecond || o.late > time.Minute) {
		return fmt.Errorf("WithReplicaReads(%v): a replica may be 100ms to a minute behind; "+
			"0 reads the primary alone", o.late)
	}
	return nil
}

// A source says where a session may be loaded from.
type source uint8

const (
	primary source = iota
	replica        // where one can say what the session holds
)

// findNear takes the session from a replica, if one has it as a session that counts.
func (s *State) findNear(ctx context.Context) bool {
	own := s.p.store.Own
	r, found := own.FindNear(ctx, s.key)
	if !found {
		return false
	}
	entries, err := own.Decode(r)
	if err != nil || successor(s.key, entries) != "" || s.p.opts.lives.IsOver(entries, s.now()) {
		return false
	}
	r.Entries = entries
	s.home, s.row, s.entries = own, r, entries
	return true
}

// loadPrimary is load for what decides by what the session holds. mu is held.
func (s *State) loadPrimary() bool {
	s.depend(verdict.Read)
	if s.row.Near && s.phase != closed && s.err == nil && s.original == nil && s.replaying == nil {
		s.reload()
	}
	return s.fetch(primary)
}

// askPrimary is loadPrimary for calls that go on without the lock.
func (s *State) askPrimary() {
	s = s.look()
	defer s.mu.Unlock()
	s.loadPrimary()
}

// reload loads a session that was read on a replica once more, and does again what the request has
// changed. Where there is none any more, what was changed has been overtaken by its end.
func (s *State) reload() {
	s.row, s.entries, s.c = engine.Record{}, nil, s.c.Unask()
	switch {
	case !s.fetch(primary):
	case s.c.Row == verdict.Live:
		var err error
		if s.entries, err = s.log.Replay(s.row.Entries); err != nil {
			s.fail(err)
		}
	case len(s.log) > 0:
		s.fail(ErrInterrupted)
	}
}
