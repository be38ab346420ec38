package measure

import (
	"context"
	"errors"
	"strings"
)

// savesPerRow is how often a slice of openRowUpdates saves each session.
const savesPerRow = 10

// openRowUpdates measures what saves leave behind on PostgreSQL: whether an update stays on its
// page and touches no index (HOT), and what goes to the write-ahead log. Whole pages, which go
// there after each checkpoint, are switched off meanwhile. There is one connection, so that the
// server can be told to count what it has done; it does not wait for the disk, as no time is
// measured.
func openRowUpdates(b *Bench, job Job) error {
	b.db.Pool.SetMaxOpenConns(1)
	if err := b.db.Exec("ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()",
		"SET synchronous_commit = off"); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.close = func() error {
		cancel()
		return b.db.Exec("ALTER SYSTEM RESET full_page_writes", "SELECT pg_reload_conf()")
	}
	r, err := newRequester(ctx, b.site, job.Cell)
	if err != nil {
		return err
	}
	b.Slice = func() (Sample, error) {
		n := savesPerRow * job.Cell.Rows
		before, err := readRowCounts(b)
		if err != nil {
			return nil, err
		}
		err = r.run(n)
		after, err2 := readRowCounts(b)
		return Sample{
			HotUpdates: (after.hot - before.hot) / max(after.updates-before.updates, 1),
			LogBytes:   (after.log - before.log) / float64(n),
		}, errors.Join(err, err2)
	}
	return nil
}

// rowCounts are what PostgreSQL has counted of a table.
type rowCounts struct{ updates, hot, log float64 }

func readRowCounts(b *Bench) (c rowCounts, err error) {
	if err := b.db.Exec("SELECT pg_stat_force_next_flush()", "SELECT 1"); err != nil {
		return c, err
	}
	err = b.db.Pool.QueryRow(strings.Join([]string{
		"SELECT n_tup_upd, n_tup_hot_upd, pg_current_wal_insert_lsn() - '0/0'",
		"FROM pg_stat_user_tables WHERE relname = $1"}, " "), b.site.Table,
	).Scan(&c.updates, &c.hot, &c.log)
	return c, err
}
