package engine

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Replicas say which replica may be asked: one that a beat says is near, and that has not failed
// just now.
type replicas struct {
	late  time.Duration // how far behind one may be; 0: none is asked
	beats beats

	mu      sync.Mutex
	resting map[*sql.DB]time.Time // which are left alone until then
	warned  time.Time
}

// restOfTheFailed is how long a replica is left alone that could not be asked.
const restOfTheFailed = 10 * time.Second

// FindNear returns the live row of that key as a replica has it that is known to be no further
// behind than it may be. Where it finds none that is no news of the session: the primary is to be
// asked.
func (t *Table) FindNear(ctx context.Context, key string) (r Record, found bool) {
	if t.replicas.late == 0 || within(ctx) != nil || !t.knows(key) {
		return Record{}, false
	}
	pool := t.replica(ctx)
	if pool == nil {
		return Record{}, false
	}
	now := t.clock()
	t.beatInTime(ctx, now)
	row, mark := t.replicas.beats.believed(now, t.replicas.late)
	if row == "" || t.replicas.rests(pool.db, now) {
		return Record{}, false
	}
	own, cancel := t.patience(ctx)
	defer cancel()
	stored := t.stored(key)
	r, found, behind, err := t.scanNear(line{ctx: own, pool: pool, quiet: true}, stored, row, mark)
	switch {
	case err != nil && ctx.Err() == nil:
		t.leaveAlone(pool.db, now, restOfTheFailed, "it could not be asked", t.fault(err, stored))
	case err == nil && behind:
		t.leaveAlone(pool.db, now, t.replicas.late/2, "it is too far behind", nil)
	}
	return r, found && !behind && err == nil
}

// patience is the time that a load has for what the primary can do without.
func (t *Table) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, t.timeout/10)
}

// scanNear reads the row of a session and that of the beats, in one statement, which sees both at
// one instant, and tells whether the beat is an older one.
func (t *Table) scanNear(
	on line, stored, row rowKey, mark time.Time,
) (r Record, found, behind bool, err error) {
	behind = true
	rows, err := t.query(on, t.texts.near, string(stored), string(row), t.expireVar(t.Now()))
	if err != nil {
		if t.faults.IsAlien(err) { // a key that no row can have
			return Record{}, false, false, nil
		}
		return Record{}, false, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var key, data string
		var expire Expiry
		if err := rows.Scan(&key, &data, &expire); err != nil {
			return Record{}, false, false, err
		}
		switch rowKey(key) { // MySQL's collations find others too
		case stored:
			r, found = Record{Data: data, Expire: t.expireOf(expire), Near: true, key: stored}, true
		case row:
			behind = t.expireOf(expire).Before(mark)
		}
	}
	return r, found, behind, rows.Err()
}

// nearQuery selects the rows of two keys, for scanNear.
func (t *Table) nearQuery() string {
	return fmt.Sprintf("SELECT session_key, session_data, %s FROM %s "+
		"WHERE session_key IN (?, ?) AND expire_date > ?",
		t.dialect.expireText, t.db.Statement.Quote(t.table))
}

// rests tells whether a replica is left alone at that instant.
func (r *replicas) rests(db *sql.DB, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.resting[db])
}

// leaveAlone has a replica not be asked for a while, and says so.
func (t *Table) leaveAlone(db *sql.DB, now time.Time, rest time.Duration, why string, err error) {
	r := &t.replicas
	r.mu.Lock()
	if r.resting == nil {
		r.resting = make(map[*sql.DB]time.Time)
	}
	r.resting[db] = now.Add(rest)
	r.mu.Unlock()
	t.warnOfReplicas(now, "and not on a replica: "+why, err)
}

// warnOfReplicas says, once in a minute, why none is read.
func (t *Table) warnOfReplicas(now time.Time, why string, err error) {
	r := &t.replicas
	r.mu.Lock()
	warn := now.Sub(r.warned) >= time.Minute
	if warn {
		r.warned = now
	}
	r.mu.Unlock()
	if !warn {
		return
	}
	var attrs []any
	if err != nil {
		attrs = append(attrs, "error", Detail(err))
	}
	t.logger().Warn("gormsession: sessions are read on the primary for a while, "+why, attrs...)
}

// A replicaPool is the pool of a replica. It passes for a transaction, which a resolver leaves
// where it is.
type replicaPool struct {
	gorm.ConnPool
	db *sql.DB
}

// replica is the pool of one, as the application's resolver picks it, or nil.
func (t *Table) replica(ctx context.Context) *replicaPool {
	pin := t.pin()
	if pin == nil {
		return nil
	}
	tx := t.statement(line{ctx: ctx, pool: t.db.Statement.ConnPool})
	tx.Statement.Settings.Delete(resolverWrite)
	pin(tx)
	db := sqlPoolOf(tx.Statement.ConnPool)
	if db == nil || db == t.sqlPool(ctx) {
		return nil
	}
	return &replicaPool{tx.Statement.ConnPool, db}
}

// GetDBConn serves callbacks that ask for the pool.
func (p *replicaPool) GetDBConn() (*sql.DB, error) { return p.db, nil }

// Commit and Rollback make it a gorm.TxCommitter, and do nothing.
func (p *replicaPool) Commit() error   { return nil }
func (p *replicaPool) Rollback() error { return nil }
