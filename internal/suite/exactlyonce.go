package suite

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Whatever another node does while the end of a save is open, what a client was told is true: what
// was acknowledged is stored once, and what was undone, or taken back, does not come back.
func (on cases) TestExactlyOnce(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		t.Parallel()
		a, b := on.nodes(t, d, config.Gorm(), gormsession.WithTimeout(2*time.Second))
		for _, c := range lossyCases() {
			got := c.visit(a, b)
			// SQLite has no connection to lose, and a deadline is over once.
			tells := d.Kind() != dbtest.SQLite || c.mode != "answers lost"
			if c.other.page == nil && tells && got.status != http.StatusOK {
				t.Errorf("%s: answered with %d", c, got.status)
			}
		}
	})
}

func (s *site) exec(statement string, args ...any) {
	s.t.Helper()
	if err := s.db.Exec(statement, args...).Error; err != nil {
		s.t.Fatal(err)
	}
}

// loseSave has the end of a save get lost, and something happen before the second try.
func (n *node) loseSave(mode string, add addition, meanwhile func()) {
	n.heals()
	verb, save := "COMMIT", add.save
	if n.db.SkipDefaultTransaction {
		if add.fresh {
			verb = "INSERT"
		}
		save -= add.bare
	}
	var seen, next atomic.Int32
	hits := func(sql string, most int32) bool {
		if !strings.HasPrefix(sql, verb) {
			return false
		}
		number := int(seen.Add(1))
		return number >= save && number < save+int(most)
	}
	switch mode {
	case "COMMIT never arrives":
		n.statements.Fail(func(sql string) error {
			if hits(sql, 1) {
				next.Store(1)
				return lost[n.kind]
			}
			return nil
		})
		n.statements.Hook(func(sql string) {
			if strings.HasPrefix(sql, "BEGIN") && next.CompareAndSwap(1, 2) {
				meanwhile()
			}
		})
		return
	case "answers lost":
		n.statements.FailAfter(func(sql string) error {
			if !hits(sql, 3) {
				return nil
			}
			if next.CompareAndSwap(0, 1) {
				meanwhile()
			}
			return lost[n.kind]
		})
	default:
		n.statements.FailAfter(func(sql string) error {
			if !hits(sql, 1) {
				return nil
			}
			meanwhile()
			return lost[n.kind]
		})
	}
}

// Where a codec drops the mark, or the column does, nothing tells whether a save was done: it is
// unknown then, and never done twice. A codec that seals gives no text twice, so the row tells.
func (on cases) TestExactlyOnceWithCodecs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, codec := range map[string]gormsession.Codec{
			"sealing": newSealing(), "compacting": compacting{}, "jsonb": gormsession.JSON,
		} {
			if name == "jsonb" && d.Kind() != dbtest.Postgres {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a, b := on.nodes(t, dbtest.New(t, d.Kind()), &gorm.Config{},
					gormsession.WithCodec(codec), gormsession.WithTimeout(2*time.Second))
				if name == "jsonb" {
					a.exec("ALTER TABLE web_sessions ALTER session_data TYPE jsonb" +
						" USING session_data::jsonb")
				}
				for _, c := range lossyCases() {
					got := c.visit(a, b)
					// A new key is as good as a mark.
					tells := name == "sealing" || c.add.fresh || c.add.cycles
					if d.Kind() == dbtest.SQLite && c.mode == "answers lost" {
						continue
					}
					if c.other.page == nil && (got.status == http.StatusOK) != tells {
						t.Errorf("%s: answered with %d", c, got.status)
					}
				}
			})
		}
	})
}
