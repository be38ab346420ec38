package suite

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// errStatementPooling is what PgBouncer says at BEGIN with pool_mode=statement, before it ends the
// connection. The code is the one that it has for all that goes wrong.
var errStatementPooling = &pgconn.PgError{
	Severity: "FATAL", Code: "08P01",
	Message: "transaction blocks not allowed in statement pooling mode",
}

// A pooler that takes no transactions is refused by New, which names it and makes no table: else
// each save were a 503.
func (on behind) TestPoolerWithoutTransactionsIsRefused(t *testing.T) {
	for _, c := range dbtest.RunConfigs(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			db, statements := dbtest.New(t, dbtest.Postgres).OpenCounted(t, c.Gorm())
			statements.Fail(failing("BEGIN", errStatementPooling))
			for call, open := range map[string]func() error{
				"New": func() error { return errorOf(gormsession.New(db)) },
				"without": func() error {
					return errorOf(gormsession.New(db, gormsession.WithoutMigration()))
				},
				"Migrate": func() error { return gormsession.Migrate(db) },
			} {
				statements.Reset()
				err := open()
				if said := fmt.Sprint(err); !errors.Is(err, errStatementPooling) ||
					!strings.Contains(said, "takes no transactions: let it (pool_mode=transaction") {
					t.Errorf("%s said %s", call, said)
				}
				if sent := statements.All(); !slices.Equal(sent, []string{"BEGIN"}) {
					t.Errorf("%s sent %q", call, sent)
				}
			}
		})
	}
}

// Where a pooler is set so while sessions are used, a save says it at once: another try cannot
// help.
func (on behind) TestPoolerThatTakesNoTransactionsAnyMore(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.Postgres))
	key := s.start(map[string]any{"n": 5})
	fail, tries := failsFirst("BEGIN", errStatementPooling, 1000)
	s.statements.Fail(fail)
	got := s.visit(key, increment)
	if got.status != http.StatusServiceUnavailable || tries.Load() != 1 {
		t.Errorf("answered with %d after %d tries", got.status, tries.Load())
	}
	s.log.wants(t, errStatementPooling.Message)
	s.statements.Fail(nil)
	if is := s.entries(key)["n"]; is != int64(5) {
		t.Errorf("the row holds %v", is)
	}
}
