package suite

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// renew gives a session that is logged in a new key.
func renew(c *Call) {
	s := c.Session()
	if !s.Has("account") {
		c.Status(http.StatusUnauthorized)
		return
	}
	s.CycleKey()
	c.Status(http.StatusOK)
}

// renews renews a session until it is logged out, and tells after so many times. It returns whether
// that still went on once the session was out.
func (s *site) renews(key string, times int, tell func(), out *atomic.Bool) (survived bool) {
	defer tell()
	for n := 1; ; n++ {
		late := out.Load()
		got := s.visit(key, renew)
		switch {
		case got.status == http.StatusUnauthorized, got.status == http.StatusBadRequest:
			return false
		case got.cookieIs(key) != "new":
			s.t.Errorf("a cycle was answered with %d\n%s", got.status, s.log)
			return false
		case late:
			return true
		}
		key = got.cookie.Value
		if n == times {
			tell()
		}
	}
}

// logOut is the application's DELETE, which MariaDB may undo in favour of a cycle.
func logOut(t testing.TB, db *gorm.DB, account int) (gone int64) {
	t.Helper()
	for {
		result := db.Where("account_id = ?", account).Delete(&visitorSession{})
		deadlock, ok := errors.AsType[*mysql.MySQLError](result.Error)
		if ok && deadlock.Number == 1213 {
			continue
		}
		if result.Error != nil {
			t.Error(result.Error)
		}
		return result.RowsAffected
	}
}

func (s *site) sessionsOf(account int) (n int64) {
	s.t.Helper()
	err := s.db.Model(&visitorSession{}).Where("account_id = ?", account).Count(&n).Error
	if err != nil {
		s.t.Error(err)
	}
	return n
}

// survivors logs out one intruder after the other, each of whom renews his key again and again, and
// returns how many are left.
func (s *site) survivors(rounds int, logOut func(account int)) (survived int) {
	s.t.Helper()
	for account := range rounds {
		key := s.start(map[string]any{"account": account})
		begun, ended := make(chan struct{}), make(chan bool, 1)
		tell := sync.OnceFunc(func() { close(begun) })
		var out atomic.Bool
		go func() { ended <- s.renews(key, 1+account%5, tell, &out) }()
		<-begun
		logOut(account)
		left := s.sessionsOf(account) > 0
		if left {
			s.logOutUntilGone(account)
		}
		out.Store(true)
		if wentOn := <-ended; left || wentOn {
			survived++
		}
	}
	return survived
}

// logOutUntilGone is for what may miss a row. That a DELETE has hit nothing would tell nothing
// then.
func (s *site) logOutUntilGone(account int) {
	for s.sessionsOf(account) > 0 {
		logOut(s.t, s.db, account)
	}
}

// One DELETE by a column of the application's own ends a session, also of an intruder who renews
// his key again and again.
func (on cases) TestLogOutEverywhereReachesWhoRenews(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s, rounds := on.newVisitorSite(t, d), size(60, 600)
		n := s.survivors(rounds, func(account int) { logOut(t, s.db, account) })
		if n > 0 {
			t.Errorf("%d of %d intruders survived", n, rounds)
		}
	})
}

// Where one DELETE may miss a row, as on MariaDB at READ COMMITTED and with WithReplacedRows on
// PostgreSQL, it is repeated until no session is left.
func (on cases) TestLogOutEverywhereThatIsRepeated(t *testing.T) {
	t.Run("mariadb at READ COMMITTED", func(t *testing.T) {
		t.Parallel()
		d := dbtest.New(t, dbtest.MariaDB)
		db := openDSN(t, d.Kind(), d.DSN()+"&tx_isolation=%27READ-COMMITTED%27")
		s := on.newSiteOn(t, db, gormsession.WithModel(visitor))
		if n := s.survivors(60, s.logOutUntilGone); n > 0 {
			t.Errorf("%d of 60 intruders survived", n)
		}
	})
	t.Run("replaced rows", func(t *testing.T) {
		t.Parallel()
		s := on.newVisitorSite(t, dbtest.New(t, dbtest.Postgres), gormsession.WithReplacedRows())
		if n := s.survivors(60, s.logOutUntilGone); n > 0 {
			t.Errorf("%d of 60 intruders survived", n)
		}
	})
}

// A table that is partitioned by the key serves with either way of changing it.
func (on cases) TestPartitionedByKey(t *testing.T) {
	for name, opts := range map[string][]gormsession.Option{
		"in place": nil,
		"replaced": {gormsession.WithReplacedRows()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, dbtest.Postgres)
			past := d.Open(t)
			statements := []string{"CREATE TABLE web_sessions" +
				" (session_key varchar(64) PRIMARY KEY," +
				" session_data text NOT NULL, expire_date timestamptz NOT NULL)" +
				" PARTITION BY HASH (session_key)"}
			for n := range 4 {
				statements = append(statements, fmt.Sprintf("CREATE TABLE part%d PARTITION OF"+
					" web_sessions FOR VALUES WITH (MODULUS 4, REMAINDER %d)", n, n))
			}
			for _, statement := range statements {
				if err := past.Exec(statement).Error; err != nil {
					t.Fatal(err)
				}
			}
			s, other := on.newSite(t, d, opts...), on.newSite(t, d, opts...)
			cycle := func(c *Call) { increment(c); c.Session().CycleKey() }
			key := s.start(map[string]any{"n": 0})
			for n := range 20 {
				// Somebody else saves, or moves the session, after this request has loaded it.
				got := s.visit(key, func(c *Call) {
					_ = c.Session().Load()
					s.visit(key, increment)
					cycle(c)
				})
				if got.cookieIs(key) != "new" || got.body != strconv.Itoa(2*n+1) {
					t.Fatalf("a cycle was answered with %d %s\n%s", got.status, got.body, s.log)
				}
				key = got.cookie.Value
			}
			// Another process's requests with the old key that wait for the cycle are told that it is
			// gone: whether the row has left its partition, as most do, or not.
			for want := int64(41); want < 49; want++ {
				issued, answered := make(chan struct{}), make(chan reply, 1)
				verb := "UPDATE"
				if opts != nil {
					verb = "DELETE"
				}
				met := make(chan struct{})
				s.statements.FailAfter(first(verb, nil, func() {
					close(met)
					other.statements.Hook(once("UPDATE", func() { close(issued) }))
					go func() { answered <- other.visit(key, increment) }()
					<-issued
					awaitLockWait(t, d.Kind(), past)
				}))
				got := s.visit(key, cycle)
				select {
				case <-met:
				default:
					t.Fatalf("a cycle without %s", verb)
				}
				if late := <-answered; got.status != 200 || late.status != http.StatusBadRequest {
					t.Errorf("the cycle was answered with %d, who waited for it with %d\n%s",
						got.status, late.status, other.log)
				}
				if rows := s.rows(); len(rows) != 1 || s.entries(got.cookie.Value)["n"] != want {
					t.Errorf("the table holds %v", rows)
				}
				key = got.cookie.Value
			}
		})
	}
}
