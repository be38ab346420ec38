package suite

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// deadlines notes until when each statement may take.
type deadlines struct {
	mu  sync.Mutex
	all []time.Time
}

func (d *deadlines) watch(t *testing.T, db *gorm.DB) {
	t.Helper()
	note := func(db *gorm.DB) {
		d.mu.Lock()
		defer d.mu.Unlock()
		at, ok := db.Statement.Context.Deadline()
		if !ok {
			t.Error("a statement has no deadline")
		}
		d.all = append(d.all, at)
	}
	c := db.Callback()
	if err := errors.Join(
		c.Row().Before("*").Register("deadline", note),
		c.Update().Before("*").Register("deadline", note),
		c.Create().Before("*").Register("deadline", note),
		c.Delete().Before("*").Register("deadline", note),
	); err != nil {
		t.Fatal(err)
	}
}

// take returns how many statements there were, and how many deadlines they had.
func (d *deadlines) take() (statements, different int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := map[time.Time]bool{}
	for _, at := range d.all {
		seen[at] = true
	}
	statements, d.all = len(d.all), nil
	return statements, len(seen)
}

// What a commit asks of the database has one deadline, of WithTimeout from its first question on:
// the deletion of what was flushed, the load and the saves, and what is done again on a conflict.
func (on cases) TestOneBudgetForACommit(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm(), gormsession.WithSaveEveryRequest())
		var seen deadlines
		seen.watch(t, s.db)
		meanwhile := func(page func(*Call)) func(*Call) {
			return func(c *Call) {
				_ = c.Session().Load()
				s.visit(c.Query("key"), writeName("Eve"))
				seen.take()
				page(c)
			}
		}
		for name, test := range map[string]struct {
			page       func(*Call)
			statements int // at least
			deadlines  int
		}{
			"a load and a touch":    {pageS, 2, 1},
			"a flush and an insert": {pageN, 2, 1},
			"a read, then a save":   {pageW, 2, 2},
			"a conflict":            {meanwhile(writeName("Bob")), 2, 1},
			"Save, then a commit": {meanwhile(func(c *Call) {
				pageN(c)
				if err := c.Session().Save(); err != nil {
					t.Error(err)
				}
				c.Session().Set("n", 1)
			}), 3, 2},
		} {
			key := s.start(map[string]any{"name": "Ann"})
			s.clock.advance(24 * time.Hour)
			seen.take()
			got := s.visit(key, test.page, func(r *http.Request) { r.URL.RawQuery = "key=" + key })
			statements, different := seen.take()
			if got.status != http.StatusOK || statements < test.statements || different != test.deadlines {
				t.Errorf("%s: %d, %d statements with %d deadlines, want %d", name, got.status, statements,
					different, test.deadlines)
			}
		}
	})
}
