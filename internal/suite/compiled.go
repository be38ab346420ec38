package suite

import (
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What each request asks is compiled once on a connection: on SQLite always, on MySQL where the
// application's gorm.Config says PrepareStmt, as there may be a proxy. PostgreSQL's driver is given
// texts, which it keeps itself as its settings say.
func (on cases) TestStatementsAreCompiledOnce(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		s.pool().SetMaxOpenConns(1)
		requests := func() {
			key := s.start(map[string]any{"n": 1})
			for _, page := range []func(*Call){
				showCounter, set("n", 2), increment, set("n", 5),
				func(c *Call) { set("n", 6)(c); c.Session().CycleKey() },
			} {
				if got := s.visit(key, page); got.status != http.StatusOK {
					t.Fatalf("answered with %d", got.status)
				}
			}
		}
		requests()
		s.statements.Reset()
		requests()
		kept := d.Kind() == dbtest.SQLite || d.Kind() == dbtest.MariaDB && c.PrepareStmt
		if compiled := s.statements.Compiled(); (len(compiled) == 0) != kept {
			t.Errorf("kept %t: compiled %q", kept, compiled)
		}
	})
}
