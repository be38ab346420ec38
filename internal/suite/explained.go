package suite

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What a plugin of GORM's has the dialect explain of a statement, and what it reads of its error,
// shows no key and no value, also where a database quotes them.
func (on cases) TestExplainedStatementsShowNothing(t *testing.T) {
	const secret = "MARKEDTEXT"
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		s := on.newSiteWith(t, d, config.Gorm(), gormsession.WithUsers())
		explained := s.watch(func(tx *gorm.DB) string {
			return tx.Dialector.Explain(tx.Statement.SQL.String(), tx.Statement.Vars...) +
				fmt.Sprint(" ", tx.Error)
		})
		key := s.start(map[string]any{"name": secret})
		keys := []string{key}
		s.visit(key, writeName(secret+"2"))
		key = s.moved(key, logIn(secret))
		keys = append(keys, key)
		s.visit(key, func(c *Call) {
			if _, err := s.plugin.Sessions(c.Request.Context(), secret); err != nil {
				t.Error(err)
			}
		})
		lost, _ := failsFirst( // so that the row is found to be there already
			map[bool]string{false: "COMMIT", true: "INSERT"}[config.Bare],
			errors.New("the connection is gone"), 1)
		s.statements.FailAfter(lost)
		keys = append(keys, s.moved("", writeName(secret)))
		s.statements.FailAfter(nil)
		lines := explained.take()
		if len(lines) < 8 || !strings.Contains(strings.Join(lines, "\n"), "session_key") {
			t.Errorf("plugins see %q", lines)
		}
		for _, line := range lines {
			for _, key := range keys {
				if strings.Contains(line, key) || strings.Contains(line, stored(key)) {
					t.Errorf("%s shows a key", line)
				}
			}
			if strings.Contains(line, secret) {
				t.Errorf("%s shows a value", line)
			}
		}
	})
}
