package measure

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/bench/contender"
)

// liveShare of the rows of a cell of openClearing have not expired: of 1.4 million, 400,000.
const liveShare = 2.0 / 7

// openClearing measures how fast gormsession deletes expired rows, and how long requests wait
// meanwhile. There is one slice.
func openClearing(b *Bench, job Job) error {
	live := int(float64(job.Cell.Rows) * liveShare)
	if err := contender.Seed(b.db, b.site, live, job.Cell.Size); err != nil {
		return err
	}
	// The clock of this plugin is slow, so that its session has expired for all others.
	slow := func() time.Time { return time.Now().Add(-2 * contender.Lifetime) }
	ctx := context.Background()
	past, err := contender.Plugin(b.db, false, gormsession.WithClock(slow))
	if err != nil {
		return err
	}
	old, err := past.Open(ctx, "")
	if err != nil {
		return err
	}
	old.Set("n", 0)
	if err := old.Save(); err != nil {
		return err
	}
	expired := b.site.RowKey(old.Key())
	if err := contender.Clone(b.db, b.site, expired, live, job.Cell.Rows-1); err != nil {
		return err
	}
	plugin, err := contender.Plugin(b.db, false)
	if err != nil {
		return err
	}
	used := job.Cell
	used.Rows = live // Requests come with the cookies of live sessions.
	all, err := serve(b, used)
	if err != nil {
		return err
	}
	b.Slice = func() (Sample, error) {
		before, err := all.run(during(job.Slice))
		if err != nil {
			return nil, err
		}
		var done atomic.Bool
		var cleared int64
		var clearing error
		var took time.Duration
		go func() {
			defer done.Store(true)
			start := time.Now()
			cleared, clearing = plugin.ClearExpired(ctx)
			took = time.Since(start)
		}()
		meanwhile, err := all.run(func() bool { return !done.Load() })
		s := meanwhile.sample()
		s[SlowestBefore] = before.sample()[Slowest]
		s[Cleared] = float64(cleared) / took.Seconds()
		return s, errors.Join(err, clearing)
	}
	return nil
}
