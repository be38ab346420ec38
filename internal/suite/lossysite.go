package suite

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// lost is what the drivers say when the connection goes before the answer has come. SQLite has no
// connection to lose, but a deadline.
var lost = map[dbtest.Kind]error{
	dbtest.SQLite:   context.DeadlineExceeded,
	dbtest.Postgres: io.ErrUnexpectedEOF,
	dbtest.MariaDB:  mysql.ErrInvalidConn,
}

// first gives err to the first statement of that verb, after meanwhile has happened.
func first(verb string, err error, meanwhile func()) func(sql string) error {
	var done atomic.Bool
	return func(sql string) error {
		if !strings.HasPrefix(sql, verb) || done.Swap(true) {
			return nil
		}
		if meanwhile != nil {
			meanwhile()
		}
		return err
	}
}

// second has happen before the second statement of that verb.
func second(verb string, happen func()) func(sql string) {
	var seen atomic.Int32
	return func(sql string) {
		if strings.HasPrefix(sql, verb) && seen.Add(1) == 2 {
			happen()
		}
	}
}

// A lossySite is a site whose database is reached past the library as well, as by what happens
// while an answer is under way.
type lossySite struct {
	*site
	kind  dbtest.Kind
	lost  error
	aside *gorm.DB
	keys  *keyring // what it issues, where a case says so
}

// lossySites runs f on each database, with transactions of one write and without.
func (on ground) lossySites(
	t *testing.T, f func(t *testing.T, s lossySite, bare bool),
	options ...func(*keyring) gormsession.Option,
) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := lossySite{kind: d.Kind(), lost: lost[d.Kind()], aside: d.Open(t), keys: &keyring{}}
		var opts []gormsession.Option
		for _, option := range options {
			opts = append(opts, option(s.keys))
		}
		for name, bare := range map[string]bool{"transactions": false, "SkipDefaultTransaction": true} {
			t.Run(name, func(t *testing.T) {
				s.site = on.newSiteWith(t, d, &gorm.Config{SkipDefaultTransaction: bare}, opts...)
				f(t, s, s.db.SkipDefaultTransaction)
			})
		}
	})
}

// committing is the statement whose answer tells of one write's commit.
func committing(verb string, bare bool) string {
	if bare {
		return verb
	}
	return "COMMIT"
}

// loses has the answer to the next statement of that verb lost, once meanwhile has happened.
func (s lossySite) loses(verb string, meanwhile func()) {
	s.statements.Fail(nil)
	s.statements.Hook(nil)
	s.statements.FailAfter(first(verb, s.lost, meanwhile))
}

// delays has the next statement of that verb lost on its way, and arrive only before it is sent
// again.
func (s lossySite) delays(verb string, arrive func()) {
	s.statements.Fail(first(verb, s.lost, nil))
	s.statements.Hook(second(verb, arrive))
	s.statements.FailAfter(nil)
}

func (s lossySite) exec(statement string, args ...any) {
	s.t.Helper()
	if err := s.aside.Exec(statement, args...).Error; err != nil {
		s.t.Error(err)
	}
}

// write puts a text into a row.
func (s lossySite) write(key, data string) {
	s.t.Helper()
	s.exec("UPDATE web_sessions SET session_data = ? WHERE session_key = ?", data, stored(key))
}

// done checks that a request was answered as if nothing had happened, and that the entries of its
// session are these.
func (s lossySite) done(what string, got reply, key, want string) {
	s.t.Helper()
	if got.status != http.StatusOK || got.cookie == nil {
		s.t.Errorf("%s: answered with %d\n%s", what, got.status, s.log)
	}
	s.holds(what, key, want)
}

func (s lossySite) holds(what, key, want string) {
	s.t.Helper()
	if got := s.rows()[stored(key)].data; got != want {
		s.t.Errorf("%s: the row holds %s, not %s", what, got, want)
	}
}

// insertNext inserts the row that the library is about to insert, under the key that it has made.
func (s lossySite) insertNext(data string) {
	s.t.Helper()
	s.exec("INSERT INTO web_sessions (session_key, session_data, expire_date) VALUES (?, ?,"+
		" '2100-01-01 00:00:00')", stored(s.keys.last()), data)
}
