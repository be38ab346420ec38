package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// A Clock tells the time of a database's server: this process's own, and how far that is off, which
// is measured anew once a measurement is old. It is safe for concurrent use.
type Clock struct {
	db    *gorm.DB
	query string
	now   func() time.Time // of this process

	offset    atomic.Int64 // in nanoseconds
	measured  atomic.Int64 // when it was, by this process, in Unix nanoseconds
	measuring sync.Mutex
}

// measuredEach is how long a measurement counts. Clocks that nobody sets right part by some
// milliseconds meanwhile.
const measuredEach = time.Minute

// NewClock measures once. SQLite has the clock of this process.
func NewClock(db *gorm.DB, now func() time.Time, timeout time.Duration) (*Clock, error) {
	c := &Clock{db: db, now: now, query: dialects[db.Dialector.Name()].micros}
	if c.query == "" {
		return c, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := c.measure(ctx); err != nil {
		return nil, fmt.Errorf("%w: its clock cannot be read: %w", ErrUnavailable, err)
	}
	return c, nil
}

// Now is the time of the server. It asks the database nothing; an old measurement has another one
// begin.
func (c *Clock) Now() time.Time {
	now := c.now()
	if c.query == "" {
		return now
	}
	is := now.Add(c.Offset()) // before the measurement that this call may begin
	// It is negative where the process's clock was set back.
	age := time.Duration(now.UnixNano() - c.measured.Load())
	if age.Abs() >= measuredEach && c.measuring.TryLock() {
		go func() {
			defer c.measuring.Unlock()
			c.measured.Store(now.UnixNano()) // also where it cannot be
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			_ = c.measure(ctx) // the last one goes on to count
		}()
	}
	return is
}

// Offset is how far the server's clock was ahead of this process's when it was measured last.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// measure takes the server's time for that of the middle of the question.
func (c *Clock) measure(ctx context.Context) error {
	began := c.now()
	var micros int64
	primary := c.db.WithContext(ctx).Set(resolverWrite, struct{}{}) // a replica has its own clock
	if err := primary.Raw(c.query).Scan(&micros).Error; err != nil {
		return err
	}
	took := c.now().Sub(began)
	c.offset.Store(int64(time.UnixMicro(micros).Sub(began.Add(took / 2))))
	c.measured.Store(began.UnixNano())
	return nil
}
