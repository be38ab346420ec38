package suite

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A value that the database refuses for good is the application's error: 500, ErrRejected, one
// try, and nothing is lost. The client and the log hear what it is, without the value and the key.
func (on cases) TestRejectedValues(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		t.Parallel()
		slow := &logbook{}
		g := config.Gorm()
		g.Logger = logger.New(slow, logger.Config{LogLevel: logger.Info})
		a, _ := on.nodes(t, d, g, gormsession.WithModel(strict))
		a.table = "strict_sessions"
		quiet := a.db.Session(&gorm.Session{Logger: logger.Discard})
		a.db = quiet
		if d.Kind() != dbtest.SQLite {
			a.exec("CREATE TABLE owners (id bigint PRIMARY KEY)")
			a.exec("ALTER TABLE strict_sessions ADD CONSTRAINT owned" +
				" FOREIGN KEY (owner) REFERENCES owners (id)")
		}
		if d.Kind() == dbtest.MariaDB {
			a.exec("ALTER TABLE strict_sessions MODIFY agent varchar(10) CHARACTER SET latin1")
		}
		a.start(map[string]any{"nick": private})
		for name, bad := range badValues(d.Kind()) {
			if name == "deferred" {
				a.exec("ALTER TABLE strict_sessions ALTER CONSTRAINT owned" +
					" DEFERRABLE INITIALLY DEFERRED")
			}
			for what, c := range map[string]struct {
				verb  string
				fresh bool
				page  func(*Call)
			}{
				"insert":       {"INSERT", true, func(*Call) {}},
				"update":       {"UPDATE", false, func(*Call) {}},
				"cycle":        {"UPDATE", false, pageC},
				"Modify":       {"UPDATE", false, increment},
				"touched":      {"UPDATE", false, pageT},
				"with a Flash": {"UPDATE", false, addFlash("x")},
			} {
				key := ""
				if !c.fresh {
					key = a.start(map[string]any{"n": 1})
				}
				before := a.rows()
				page := func(g *Call) { set(bad.entry, bad.value)(g); c.page(g) }
				got, told := a.do(key, page)
				a.rejected(name+", "+what, got, told)
				if n := strings.Count(got.verbs(), c.verb); n != 1 {
					t.Errorf("%s, %s: asked %q", name, what, got.verbs())
				}
				// Save says so as well, and what the handler does then does not count.
				var said error
				got, told = a.do(key, func(c *Call) {
					page(c)
					said = c.Session().Save()
				})
				a.rejected(name+", "+what+" by Save", got, told)
				a.rejected(name+", "+what+" by Save", got, said)
				// A handler that takes it back has nothing to be refused.
				if got := a.visit(key, func(c *Call) {
					page(c)
					_ = c.Session().Save()
					c.Session().Delete(bad.entry)
				}); got.status != http.StatusOK || got.cookie == nil {
					t.Errorf("%s, %s: taken back: %d", name, what, got.status)
				} else {
					a.visit(got.cookie.Value, pageF)
				}
				delete(before, stored(key))
				if after := a.rows(); !maps.Equal(before, after) {
					t.Errorf("%s, %s: %v became %v", name, what, before, after)
				}
			}
			a.log.wants(t, bad.says, gormsession.ErrRejected.Error())
			if name == "deferred" {
				a.exec("ALTER TABLE strict_sessions ALTER CONSTRAINT owned NOT DEFERRABLE")
			} else { // GORM logs no COMMIT
				slow.wants(t, bad.says)
			}
		}
		for what, log := range map[string]*logbook{"our log": a.log, "GORM's log": slow} {
			for _, no := range []string{private, "hunter2", "77123456", "77123457", `a\x00b`, "a\x00b"} {
				if i := strings.Index(log.String(), no); i >= 0 {
					text := log.String()
					t.Errorf("%s quotes %q: …%.300s", what, no, text[max(0, i-200):])
				}
			}
		}
	})
}

// rejected checks that a request was answered as one whose values the database has refused.
func (n *node) rejected(what string, got reply, err error) {
	n.t.Helper()
	if got.status != http.StatusInternalServerError || got.cookie != nil ||
		got.body != "Internal Server Error\n" {
		n.t.Errorf("%s: answered with %d %q %s", what, got.status, got.body, got.line)
	}
	if !errors.Is(err, gormsession.ErrRejected) || errors.Is(err, gormsession.ErrUnavailable) ||
		err.Error() != gormsession.ErrRejected.Error() {
		n.t.Errorf("%s: the error is %v", what, err)
	}
	for row := range n.rows() {
		if err != nil && strings.Contains(err.Error(), row) {
			n.t.Errorf("%s: the error names a key", what)
		}
	}
}

// Who wants to know more of a refusal unwraps it.
func (on cases) TestRejectedValueUnwraps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		a, _ := on.nodes(t, d, &gorm.Config{}, gormsession.WithModel(strict))
		_, err := a.do("", set("score", -1))
		switch d.Kind() {
		case dbtest.Postgres:
			var said *pgconn.PgError
			if !errors.As(err, &said) || said.Code != "23514" {
				t.Errorf("%#v", err)
			}
		case dbtest.MariaDB:
			var said *mysql.MySQLError
			if !errors.As(err, &said) || said.Number != 4025 {
				t.Errorf("%#v", err)
			}
		}
	})
}

// A text that jsonb cannot hold is refused and no fault of the database.
func (on cases) TestRejectedByJSONB(t *testing.T) {
	d := dbtest.New(t, dbtest.Postgres)
	a, _ := on.nodes(t, d, &gorm.Config{})
	a.exec("ALTER TABLE web_sessions ALTER session_data TYPE jsonb USING session_data::jsonb")
	key := a.start(map[string]any{"n": 1})
	before := a.rows()
	for what, page := range map[string]func(*Call){
		"update": set("x", "a\x00b"),
		"cycle":  func(c *Call) { set("x", "a\x00b")(c); pageC(c) },
	} {
		got, err := a.do(key, page)
		a.rejected(what, got, err)
		got, err = a.do("", set("x", "a\x00b"))
		a.rejected("insert", got, err)
	}
	if after := a.rows(); !maps.Equal(before, after) {
		t.Errorf("%v became %v", before, after)
	}
	a.log.wants(t, "22P05")
	if got := a.visit(key, increment); got.body != "2" {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}
}

// A constraint that is looked at only at the COMMIT refuses as well, and has undone the save.
func (on cases) TestRejectedAtCommit(t *testing.T) {
	for _, config := range dbtest.RunConfigs(t) {
		t.Run(config.Name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, dbtest.Postgres)
			a, _ := on.nodes(t, d, config.Gorm(), gormsession.WithModel(strict))
			a.table = "strict_sessions"
			a.exec("ALTER TABLE strict_sessions ADD CONSTRAINT one_nick UNIQUE (nick)" +
				" DEFERRABLE INITIALLY DEFERRED")
			a.exec("DROP INDEX idx_strict_sessions_nick")
			a.start(map[string]any{"nick": private})
			key := a.start(map[string]any{"n": 1})
			before := a.rows()
			for what, page := range map[string]func(*Call){
				"update": set("nick", private),
				"modify": func(c *Call) { set("nick", private)(c); increment(c) },
				"cycle":  func(c *Call) { set("nick", private)(c); pageC(c) },
			} {
				got, err := a.do(key, page)
				a.rejected(what, got, err)
			}
			got, err := a.do("", set("nick", private))
			a.rejected("insert", got, err)
			if after := a.rows(); !maps.Equal(before, after) {
				t.Errorf("%v became %v", before, after)
			}
			a.log.wants(t, "SQLSTATE 23505", "Constraint one_nick")
		})
	}
}
