package suite

import (
	"database/sql/driver"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Some drivers reach SQLite over a network, so an answer to COMMIT can be lost there too, in
// whatever words: what was done is not done again, and no login ends as a session that is gone.
func (on cases) TestLostAnswerOfANetworkedSQLite(t *testing.T) {
	for _, c := range dbtest.RunConfigs(t) {
		for _, gone := range []error{
			driver.ErrBadConn, io.ErrUnexpectedEOF, errors.New("the stream is closed"),
		} {
			t.Run(c.Name+", "+gone.Error(), func(t *testing.T) {
				t.Parallel()
				s := on.newSiteWith(t, dbtest.New(t, dbtest.SQLite), c.Gorm())
				loses := func(key string, page func(*Call)) reply {
					verb := "COMMIT"
					if key == "" {
						verb = committing("INSERT", s.db.SkipDefaultTransaction)
					}
					s.statements.FailAfter(first(verb, gone, nil))
					defer s.statements.FailAfter(nil)
					return s.visit(key, page)
				}
				made := loses("", func(c *Call) { c.Session().Set("n", 1) })
				if made.cookieIs("") != "new" || len(s.rows()) != 1 {
					t.Fatalf("a new session: %d %s, %d rows", made.status, made.line, len(s.rows()))
				}
				key := made.cookie.Value
				if got := loses(key, increment); got.status != http.StatusOK ||
					s.entries(key)["n"] != int64(2) {
					t.Errorf("an increment: %d, %v", got.status, s.entries(key))
				}
				login := loses(key, pageC)
				if login.cookieIs(key) != "new" || s.entries(login.cookie.Value)["n"] != int64(2) {
					t.Errorf("a login: %d %s\n%s", login.status, login.line, s.log)
				}
			})
		}
	}
}
