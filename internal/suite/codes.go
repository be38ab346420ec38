package suite

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// codes is what databases say, by what it means for a save: again, it was undone and may be tried
// again; open, the same but for COMMIT, whose end it leaves open; refused, it was undone for good.
type codes struct{ again, open, refused []error }

func states(codes ...string) (errs []error) {
	for _, code := range codes {
		errs = append(errs, &pgconn.PgError{Code: code, Message: "the server said so"})
	}
	return errs
}

func numbers(numbers ...uint16) (errs []error) {
	for _, n := range numbers {
		errs = append(errs, &mysql.MySQLError{Number: n, Message: "the server said so"})
	}
	return errs
}

func mysqlSays(n uint16, message string) error {
	return &mysql.MySQLError{Number: n, Message: message}
}

var codesOf = map[dbtest.Kind]codes{
	dbtest.SQLite: {
		again: []error{
			sqlite3.Error{Code: sqlite3.ErrBusy},
			sqlite3.Error{Code: sqlite3.ErrLocked},
			sqlite3.Error{Code: sqlite3.ErrBusy, ExtendedCode: sqlite3.ErrBusySnapshot},
			sqlite3.Error{Code: sqlite3.ErrLocked, ExtendedCode: sqlite3.ErrLockedSharedCache},
			errors.New("database is locked (5) (SQLITE_BUSY)"), // as drivers without C say it
			errors.New("database table is locked: web_sessions (262)"),
		},
		refused: []error{
			sqlite3.Error{Code: sqlite3.ErrConstraint, ExtendedCode: sqlite3.ErrConstraintCheck},
			sqlite3.Error{Code: sqlite3.ErrConstraint, ExtendedCode: sqlite3.ErrConstraintTrigger},
			sqlite3.Error{Code: sqlite3.ErrMismatch},
			sqlite3.Error{Code: sqlite3.ErrTooBig},
			errors.New("constraint failed: CHECK constraint failed: agent (275)"),
		},
	},
	dbtest.Postgres: {
		again: states(
			"40000", "40001", "40002", "40P01", // CockroachDB, YugabyteDB and Aurora DSQL too
			"OC000", "OC001", // older Aurora DSQL
			"55P03", "53300", // lock_timeout, too many connections
		),
		open: states(
			"40003",                            // CockroachDB: statement completion unknown
			"08000", "08003", "08006", "08P01", // the connection; PgBouncer
			"57P01", "57P02", "57P03", "57P05", // shutdowns, a start, an idle session's end
			"25P03", "25P04", // an idle transaction's end, a transaction's
		),
		refused: states(
			"22000", "22001", "22003", "22007", "22008", "22021", "22P02", "22P03", "22P05",
			"23000", "23502", "23503", "23514", "23P01",
			"44000", "54000", // a view's check, too long for its index
			"P0001", "P0004", "45000", "20000", "21000", "27000", "38000", // triggers
		),
	},
	dbtest.MariaDB: {
		again: append(numbers(
			1205, 1213, 1020, 1412, 1637, 1689, 1402, 1613, 1614, // MySQL, MariaDB, Galera
			3101,                                                 // group replication
			8002, 8005, 8022, 8024, 8027, 8028, 8229, 9006, 9007, // TiDB
		), mysqlSays(1180, "Got error 149 - 'Lock deadlock; Retry transaction' during COMMIT")),
		open: append(numbers(
			1040, 1203, 1041, // too many connections; Vitess: pools that are full, throttling
			1047,                                                       // Galera: not a member at the moment
			1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, // shutdowns, the network
			1927, 3169, 4031, // killed, idle
			1317,                         // interrupted; Vitess: the transaction was ended
			2002, 2003, 2006, 2013, 3168, // Vitess, proxies
			3100,                                                 // group replication: a hook at COMMIT
			8120, 9001, 9002, 9003, 9004, 9005, 9008, 9010, 9011, // TiDB
		),
			mysqlSays(1105, "target: s.0.primary: vttablet: code = Unavailable desc = x"),
			mysqlSays(1105, "target: s.0.primary: vttablet: code = ClusterEvent desc = x"),
		),
		refused: append(numbers(
			1048, 1264, 1265, 1292, 1364, 1366, 1406, 1411, 1525, 1526, 1690, 1118, 1153,
			1369, 1451, 1452, 3140, 3505, 3819, 3903, 3904, 3907, 4025, 1644, 8004, 8025,
		),
			&mysql.MySQLError{Number: 1216, SQLState: [5]byte([]byte("23000")), Message: "x"},
			&mysql.MySQLError{Number: 30001, SQLState: [5]byte([]byte("45000")), Message: "x"},
			&mysql.MySQLError{Number: 1367, SQLState: [5]byte([]byte("22007")), Message: "x"},
		),
	},
}

// What a database says decides whether a save is tried again, at its UPDATE as well as at its
// COMMIT.
func (on cases) TestCodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		a, b := on.nodes(t, d, (dbtest.Config{}).Gorm(), gormsession.WithTimeout(5*time.Second))
		check := func(err error, verb string, wantStatus, wantA, wantTries int, sentinel error) {
			t.Helper()
			what := fmt.Sprintf("%v at %s", err, verb)
			key := a.start(map[string]any{"tokens": []string{}})
			fail, count := failsFirst(verb, err, 1)
			if wantTries == 1 {
				fail, count = failsFirst(verb, err, 100)
			}
			// Somebody else is quicker, so that a second try that is not sure that the first was
			// undone can only say that it does not know.
			meanwhile := sync.OnceFunc(func() { b.visit(key, addToken("B;")) })
			a.statements.Fail(fail)
			a.statements.Hook(func(sql string) {
				if sql == "BEGIN" && count.Load() == 1 {
					meanwhile()
				}
			})
			got, told := a.do(key, addToken("A;"))
			a.heals()
			if got.status != wantStatus || wantTries > 0 && int(count.Load()) != wantTries ||
				!errors.Is(told, sentinel) {
				t.Errorf("%s: %d after %d tries (%v)", what, got.status, count.Load(), told)
			}
			if n := a.count("A;"); n != wantA {
				t.Errorf("%s: stored %d times", what, n)
			}
			a.exec("DELETE FROM web_sessions")
		}
		for _, err := range codesOf[d.Kind()].again {
			check(err, "UPDATE", http.StatusOK, 1, 0, nil)
			check(err, "COMMIT", http.StatusOK, 1, 2, nil)
		}
		for _, err := range codesOf[d.Kind()].open {
			check(err, "UPDATE", http.StatusOK, 1, 0, nil)
			check(err, "COMMIT", http.StatusServiceUnavailable, 0, 0, gormsession.ErrOutcomeUnknown)
		}
		for _, err := range codesOf[d.Kind()].refused {
			check(err, "UPDATE", http.StatusInternalServerError, 0, 1, gormsession.ErrRejected)
			check(err, "COMMIT", http.StatusInternalServerError, 0, 1, gormsession.ErrRejected)
		}
		check(refusals[d.Kind()], "UPDATE",
			http.StatusServiceUnavailable, 0, 1, gormsession.ErrUnavailable)
		if d.Kind() == dbtest.SQLite {
			return
		}
		// A plan or a prepared statement that is out of date has run nothing.
		stale := map[dbtest.Kind][]error{
			dbtest.Postgres: {
				&pgconn.PgError{Code: "0A000", Message: "cached plan must not change result type"},
				&pgconn.PgError{Code: "26000", Message: "prepared statement does not exist"},
			},
			dbtest.MariaDB: numbers(1243, 1615, 8111, 8113),
		}
		for _, err := range stale[d.Kind()] {
			check(err, "UPDATE", http.StatusOK, 1, 0, nil)
		}
		if strings.Contains(a.log.String(), "A;") {
			t.Errorf("the log shows a value:\n%s", a.log)
		}
	})
}

// A COMMIT that was carried out although the database said otherwise, or nothing, is done once.
func (on cases) TestCodesOfACommitThatWasDone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		a, _ := on.nodes(t, d, (dbtest.Config{}).Gorm())
		open := codesOf[d.Kind()].open
		switch d.Kind() {
		case dbtest.Postgres:
			open = append(open, states("57014", "58000", "58030", "XX000", "XX001")...)
		case dbtest.MariaDB:
			open = append(open, numbers(1105, 1180, 1815, 1030, 1026)...)
		}
		for _, err := range open {
			key := a.start(map[string]any{"tokens": []string{}})
			a.statements.FailAfter(first("COMMIT", err, nil))
			got, told := a.do(key, addToken("A;"))
			a.heals()
			if n := a.count("A;"); got.status != http.StatusOK || n != 1 {
				t.Errorf("%v: %d (%v), stored %d times", err, got.status, told, n)
			}
			a.exec("DELETE FROM web_sessions")
		}
	})
}
