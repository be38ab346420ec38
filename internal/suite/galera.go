package suite

import (
	"net/http"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// endsTransactions has the transaction in which a row was locked be gone before the write that
// follows, as on MariaDB's Galera: another node's commit ends it, and SELECT FOR UPDATE gives the
// row without an error. The write then runs by itself, after meanwhile, which happens so many
// times.
func (s *site) endsTransactions(times int, meanwhile func()) (ended *int) {
	s.t.Helper()
	ended = new(int)
	var locked bool
	lock := func(tx *gorm.DB) {
		if strings.HasSuffix(tx.Statement.SQL.String(), "FOR UPDATE") && *ended < times {
			locked = true
		}
	}
	end := func(tx *gorm.DB) {
		if !locked {
			return
		}
		locked = false
		*ended++
		statement := tx.Statement
		if _, err := statement.ConnPool.ExecContext(statement.Context, "ROLLBACK"); err != nil {
			s.t.Error(err)
		}
		meanwhile()
	}
	callbacks := s.db.Callback()
	for _, err := range []error{
		callbacks.Row().After("gorm:row").Register("galera:lock", lock),
		callbacks.Update().Before("gorm:update").Register("galera:update", end),
		callbacks.Delete().Before("gorm:delete").Register("galera:delete", end),
	} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return ended
}

func countAndCycle(c *Call) {
	increment(c)
	c.Session().CycleKey()
}

// A write that follows a lock is guarded by the text that was locked. Where that is no longer there
// the transaction was gone, and all is done again: nothing that another node has saved is lost.
func (on cases) TestTransactionThatIsGoneAfterALock(t *testing.T) {
	for _, c := range dbtest.RunConfigs(t) {
		for name, test := range map[string]struct {
			page func(*Call)
			opts []gormsession.Option
		}{
			"update":         {increment, nil},
			"Set":            {writeName("Ann"), nil},
			"cycle":          {countAndCycle, nil},
			"cycle, no step": {func(c *Call) { c.Session().CycleKey() }, nil},
			"replaced rows":  {countAndCycle, []gormsession.Option{gormsession.WithReplacedRows()}},
		} {
			t.Run(c.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				d := dbtest.New(t, dbtest.MariaDB)
				s := on.fresh(t, d, c, test.opts...)
				other := on.fresh(t, d, dbtest.Config{}) // another node
				key := s.start(map[string]any{"n": 0})
				others := 0
				write := func() {
					others++
					if got := other.visit(key, increment); got.status != http.StatusOK {
						t.Errorf("the other node answered with %d", got.status)
					}
				}
				ended := s.endsTransactions(3, write)
				got := s.visit(key, func(c *Call) {
					_ = c.Session().Load()
					write()
					test.page(c)
				})
				if got.status != http.StatusOK || got.cookie == nil || *ended != 3 {
					t.Fatalf("answered with %d after %d ends\n%s", got.status, *ended, s.log)
				}
				want := int64(others)
				if got.body != "" && got.body != "done" { // it has counted
					want++
				}
				entries := s.entries(got.cookie.Value)
				if entries["n"] != want || len(s.rows()) != 1 {
					t.Errorf("n is %v of %d, in %d rows", entries["n"], want, len(s.rows()))
				}
				if name == "Set" && entries["name"] != "Ann" {
					t.Errorf("the session is %v", entries)
				}
			})
		}
	}
}
