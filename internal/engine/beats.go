package engine

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// Beats tell how far behind a replica is at most: this process writes them into a row of its own,
// on the primary, and a replica is believed where the statement that has read the session has found
// a beat beside it whose writing began no longer ago. No other machine's clock has a part in that,
// and how a replica gets its rows does not matter, as long as it gets them in the order of their
// commits.
type beats struct {
	mu      sync.Mutex
	key     rowKey    // of their row, "" for none
	all     []beat    // the last ones, oldest first
	last    time.Time // when one was last begun
	writing bool      // it is on its way
	asked   time.Time // when a session was last looked for
}

// A beat is what was written into the row's expire_date, and when that began.
type beat struct{ mark, began time.Time }

// beatLives is how long the row of the beats outlives the last one.
const beatLives = time.Hour

// beatInTime writes a beat if it is time for one.
func (t *Table) beatInTime(ctx context.Context, now time.Time) {
	b := &t.replicas.beats
	if !b.begin(now, t.replicas.late/2) {
		return
	}
	defer b.end()
	row, last := b.latest()
	// As it is read: where the hands of a wall clock are put back an hour is there twice.
	mark := t.expireOf(t.expireArg(t.Now().Add(beatLives))).Truncate(t.unit)
	next := beat{mark: mark, began: now}
	if !next.mark.After(last.mark) { // the clock stands still, or was set back
		next.mark = last.mark.Add(t.unit)
	}
	row, err := t.beat(ctx, row, last, next)
	if err != nil {
		t.warnOfReplicas(now, "as the row that tells how late a replica is was not written",
			t.fault(err, row))
		return
	}
	b.note(row, next)
}

// beat writes a beat, and returns into which row. Whatever it comes to, and however late, what a
// replica has got with it was committed after it began.
func (t *Table) beat(ctx context.Context, row rowKey, last, next beat) (rowKey, error) {
	ctx, cancel := t.patience(ctx)
	defer cancel()
	if row != "" {
		hit, err := t.renew(ctx, row, last.mark, next.mark)
		if err != nil || hit {
			return row, err
		}
	}
	return t.firstBeat(ctx, next) // also where nobody knows how the last beat has ended
}

// firstBeat makes the row. It is a session that nobody has, and goes as one.
func (t *Table) firstBeat(ctx context.Context, b beat) (row rowKey, err error) {
	row = t.stored(t.newKey())
	r := Record{Entries: map[string]json.RawMessage{}, Expire: b.mark}
	if r.Data, err = t.encode(row, r.Entries, ""); err != nil {
		return row, err
	}
	return row, t.single(ctx, func(on line) error { return t.create(on, row, r) })
}

// begin tells whether the caller is to write a beat, until end. There are two in the time that a
// replica may be late, one at a time, and none where no session was looked for in that half: who is
// asked so seldom asks the primary.
func (b *beats) begin(now time.Time, each time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	idle := now.Sub(b.asked) > each
	b.asked = now
	if idle || b.writing || !b.last.IsZero() && now.Sub(b.last) < each {
		return false
	}
	b.last, b.writing = now, true
	return true
}

func (b *beats) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writing = false
}

// latest is the row of the beats, and the last of them.
func (b *beats) latest() (row rowKey, last beat) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) > 0 {
		last = b.all[len(b.all)-1]
	}
	return b.key, last
}

// note notes a beat that was written into that row.
func (b *beats) note(row rowKey, written beat) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if row != b.key {
		b.key, b.all = row, nil
	}
	if b.all = append(b.all, written); len(b.all) > 4 {
		b.all = b.all[1:]
	}
}

// believed is the row of the beats, and the mark by which a replica is believed at that instant: ""
// if there is none that it has had time to get.
func (b *beats) believed(now time.Time, late time.Duration) (row rowKey, mark time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.all {
		if age := now.Sub(one.began); age <= late && age >= late/4 {
			return b.key, one.mark
		}
	}
	return "", time.Time{}
}
