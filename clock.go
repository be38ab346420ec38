package gormsession

import (
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/engine"
)

// DatabaseClock returns a clock for [WithClock] that tells the time of the database's server, so
// that servers whose own clocks differ agree on when a session ends. It asks the database once now,
// for which it has 5 seconds, and again each minute in which it is used, in the background; in
// between it goes by the process's clock. It is that of the primary behind a resolver. Where the
// database does not answer, the last measurement goes on to count. It is right to half of what a
// question takes. SQLite has the clock of the process. The error wraps [ErrUnavailable]. The clock
// is safe for concurrent use.
func DatabaseClock(db *gorm.DB) (func() time.Time, error) {
	c, err := engine.NewClock(db, time.Now, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return c.Now, nil
}
