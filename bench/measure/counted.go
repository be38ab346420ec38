package measure

import (
	"context"

	"github.com/seed7368b609/gormsession/bench/database"
)

// openCounted counts what the requests of one session send, once all is warm. One session, so that
// they go over one connection.
func openCounted(b *Bench, job Job, traffic *database.Traffic) error {
	ctx, cancel := context.WithCancel(context.Background())
	b.close = func() error { cancel(); return nil }
	job.Cell.Sessions = 1
	r, err := newRequester(ctx, b.site, job.Cell)
	if err != nil {
		return err
	}
	b.Slice = func() (Sample, error) {
		const warm, n = 5, 20
		if err := r.run(warm); err != nil {
			return nil, err
		}
		traffic.Reset()
		err := r.run(n)
		return Sample{
			Statements: float64(traffic.Statements.Load()) / n,
			Tx:         float64(traffic.Tx.Load()) / n,
			Prepares:   float64(traffic.Prepares.Load()) / n,
			Trips:      float64(traffic.Trips.Load()) / n,
		}, err
	}
	return nil
}
