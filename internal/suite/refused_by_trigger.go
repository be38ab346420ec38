package suite

import (
	"errors"
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What a trigger of the application's refuses, in words of its own, is rejected: 500 and no 503,
// which would promise that another try may help.
func (on cases) TestTriggerThatRefuses(t *testing.T) {
	triggers := map[dbtest.Kind][]string{
		dbtest.SQLite: {`CREATE TRIGGER no BEFORE UPDATE ON web_sessions
			BEGIN SELECT RAISE(ABORT, 'not today'); END`},
		dbtest.Postgres: {`CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql
			AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$`,
			`CREATE TRIGGER no BEFORE UPDATE ON web_sessions FOR EACH ROW EXECUTE FUNCTION no()`},
		dbtest.MariaDB: {`CREATE TRIGGER no BEFORE UPDATE ON web_sessions
			FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not today'`},
	}
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		key := s.start(map[string]any{"n": 5})
		for _, sql := range triggers[d.Kind()] {
			if err := s.db.Exec(sql).Error; err != nil {
				t.Fatal(err)
			}
		}
		var saved error
		got := s.visit(key, func(c *Call) {
			counter.Set(c.Session(), 6)
			saved = c.Session().Save()
		})
		if got.status != http.StatusInternalServerError || !errors.Is(saved, gormsession.ErrRejected) {
			t.Errorf("answered with %d, and Save said %v", got.status, saved)
		}
		if n := s.entries(key)["n"]; n != int64(5) {
			t.Errorf("n is %v", n)
		}
	})
}
