package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Replicas say which replica may be asked. That one is so far behind at most is known by beats:
// this process writes them into a row of its own, on the primary, and a replica is believed where
// the statement that has read the session has found a beat beside it whose writing began no longer
// ago. No other machine's clock has a part in that, and how a replica gets its rows does not
// matter, as long as it gets them in the order of their commits.
type replicas struct {
	late time.Duration // how far behind one may be; 0: none is asked

	mu      sync.Mutex
	key     rowKey                // of the row of the beats, "" for none
	beats   []beat                // the last ones, oldest first
	last    time.Time             // when one was last begun
	asked   time.Time             // when a session was last looked for
	resting map[*sql.DB]time.Time // which replicas are left alone until then
	warned  time.Time
}

// A beat is what was written into the row's expire_date, and when that began.
type beat struct{ mark, began time.Time }

const (
	// beatLives is how long the row of the beats outlives the last one.
	beatLives = time.Hour
	// restOfTheFailed is how long a replica is left alone that could not be asked.
	restOfTheFailed = 10 * time.Second
)

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
	if t.replicas.beatIsDue(now) {
		t.beat(ctx, now)
	}
	row, mark := t.replicas.believed(pool.db, now)
	if row == "" {
		return Record{}, false
	}
	own, cancel := t.patience(ctx)
	defer cancel()
	on := line{ctx: own, pool: pool, quiet: true}
	r, found, behind, err := t.scanNear(on, t.stored(key), row, mark)
	switch {
	case err != nil && ctx.Err() == nil:
		t.leaveAlone(pool.db, now, restOfTheFailed, "it could not be asked", err)
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

// beatIsDue tells whether the caller is to write a beat. There are two in the time that a replica
// may be late, and none where no session was looked for in that half: who is asked so seldom asks
// the primary.
func (r *replicas) beatIsDue(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	each := r.late / 2
	idle := now.Sub(r.asked) > each
	r.asked = now
	if idle || !r.last.IsZero() && now.Sub(r.last) < each {
		return false
	}
	r.last = now
	return true
}

// beat writes a beat. Whatever it comes to, and however late, what a replica has got with it was
// committed after it began.
func (t *Table) beat(ctx context.Context, began time.Time) {
	ctx, cancel := t.patience(ctx)
	defer cancel()
	b := beat{mark: t.Now().Add(beatLives), began: began}
	row, last := t.replicas.latest()
	if !b.mark.After(last.mark) { // the clock stands still, or was set back
		b.mark = last.mark.Add(time.Microsecond)
	}
	hit := false
	var err error
	if row != "" {
		hit, err = t.renew(ctx, row, last.mark, b.mark)
	}
	if err == nil && !hit { // also where nobody knows how the last beat has ended
		row, err = t.firstBeat(ctx, b)
	}
	if err == nil {
		t.replicas.note(row, b)
	}
}

// firstBeat makes the row. It is a session that nobody has, and goes as one.
func (t *Table) firstBeat(ctx context.Context, b beat) (row rowKey, err error) {
	row = t.stored(t.newKey())
	r := Record{Entries: map[string]json.RawMessage{}, Expire: b.mark}
	if r.Data, err = t.encode(row, r.Entries, ""); err != nil {
		return "", err
	}
	return row, t.single(ctx, func(on line) error { return t.create(on, row, r) })
}

// latest is the row of the beats, and the last of them.
func (r *replicas) latest() (row rowKey, last beat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.beats) > 0 {
		last = r.beats[len(r.beats)-1]
	}
	return r.key, last
}

// note notes a beat that was written into that row.
func (r *replicas) note(row rowKey, b beat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if row != r.key {
		r.key, r.beats = row, nil
	}
	if r.beats = append(r.beats, b); len(r.beats) > 4 {
		r.beats = r.beats[1:]
	}
}

// believed is the row of the beats, and the mark by which a replica is believed at that instant:
// "" if there is none that it has had time to get, or if this replica is left alone.
func (r *replicas) believed(db *sql.DB, now time.Time) (row rowKey, mark time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Before(r.resting[db]) {
		return "", time.Time{}
	}
	for _, b := range r.beats {
		if age := now.Sub(b.began); age <= r.late && age >= r.late/4 {
			return r.key, b.mark
		}
	}
	return "", time.Time{}
}

// leaveAlone has a replica not be asked for a while, and says so once in a minute.
func (t *Table) leaveAlone(db *sql.DB, now time.Time, rest time.Duration, why string, err error) {
	r := &t.replicas
	r.mu.Lock()
	if r.resting == nil {
		r.resting = make(map[*sql.DB]time.Time)
	}
	r.resting[db] = now.Add(rest)
	warn := now.Sub(r.warned) >= time.Minute
	if warn {
		r.warned = now
	}
	r.mu.Unlock()
	if !warn {
		return
	}
	attrs := []any{"why", why}
	if err != nil {
		attrs = append(attrs, "error", Detail(t.fault(err, "")))
	}
	t.logger().Warn("gormsession: sessions are read on the primary for a while, and not on a "+
		"replica", attrs...)
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

// nearQuery selects the rows of two keys, for scanNear.
func (t *Table) nearQuery() string {
	return fmt.Sprintf("SELECT session_key, session_data, %s FROM %s "+
		"WHERE session_key IN (?, ?) AND expire_date > ?",
		t.dialect.expireText, t.db.Statement.Quote(t.table))
}
