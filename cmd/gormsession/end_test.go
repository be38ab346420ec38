package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// An end is a dry run until it is told otherwise, and reaches the one session, those of the user,
// or all.
func TestEnd(t *testing.T) {
	eachDesk(t, func(k *desk) {
		p := k.plugin(gormsession.WithUsers())
		in := func(user any) string {
			return k.start(p, func(s *gormsession.State) { s.LogIn(user) })
		}
		visitor := k.start(p, func(s *gormsession.State) { s.Set("a", 1) })
		a1, a2, b1, b2 := in("a"), in("a"), in("b"), in("b")
		all := []string{visitor, a1, a2, b1, b2}
		living := func(wanted ...string) {
			k.t.Helper()
			for _, key := range all {
				want(k.t, "lives "+sessionkey.Handle(key), k.lives(p, key), slices.Contains(wanted, key))
			}
		}
		for _, line := range [][]string{
			{"end", sessionkey.Handle(a1)}, {"end", "--user", "a"}, {"end", "--everybody"},
		} {
			k.must(0, line...).has("would end", "nothing was done")
			want(k.t, "done", decode[ended](k.must(0, append(line, "--json")...)).Done, false)
		}
		living(all...)
		public := decode[detail](k.must(0, "show", sessionkey.Handle(a1), "--json")).Handle
		k.must(0, "end", public, "--yes").has("1 session ended")
		living(visitor, a2, b1, b2)
		k.must(0, "end", sessionkey.Handle(visitor), "--yes")
		living(a2, b1, b2)
		k.must(0, "end", "--user", "b", "--yes").has("2 sessions of the user b ended")
		living(a2)
		k.must(1, "end", public, "--yes").has("there is no session of that handle")
		k.must(0, "end", "--everybody", "--yes").has("1 session ended")
		living()
	})
}

// A session that has ended between the look and the end is not said to have been ended.
func TestEndedMeanwhile(t *testing.T) {
	for layout, opts := range models {
		t.Run(layout, func(t *testing.T) {
			eachDesk(t, func(k *desk) {
				key := k.start(k.plugin(opts...), func(s *gormsession.State) { s.Set("a", 1) })
				tool := &tool{
					world:   world{getenv: func(name string) string { return k.env[name] }, now: time.Now},
					timeout: time.Minute, django: djangoFlags{on: layout == "django"},
				}
				defer tool.close()
				b, err := tool.visit()
				if err != nil {
					k.t.Fatal(err)
				}
				row, err := tool.named(k.t.Context(), b, sessionkey.Handle(key))
				if err != nil {
					k.t.Fatal(err)
				}
				if err := tool.endRow(k.t.Context(), b, row); err != nil {
					k.t.Error(err)
				}
				err = tool.endRow(k.t.Context(), b, row)
				if err == nil || !strings.Contains(err.Error(), "meanwhile") {
					k.t.Errorf("the second end says %v", err)
				}
			})
		})
	}
}

// An application that replaces rows, as by WithReplacedRows, hides no session from an end.
func TestEndMissesNoReplacedRow(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.Postgres))
	p := k.plugin(gormsession.WithUsers())
	key := sessionkey.Hash(k.start(p, func(s *gormsession.State) { s.LogIn("ann") }))
	next := sessionkey.Hash(sessionkey.Random())
	tx := k.db.Begin()
	for _, statement := range []string{
		"INSERT INTO web_sessions (session_key, session_data, expire_date, user_id, public_id) " +
			"SELECT '" + next + "', session_data, expire_date, user_id, public_id " +
			"FROM web_sessions WHERE session_key = ?",
		"DELETE FROM web_sessions WHERE session_key = ?",
	} {
		if err := tx.Exec(statement, key).Error; err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan int)
	go func() { ended <- k.run("end", "--user", "ann", "--yes").code }()
	for waiting := 0; waiting == 0; { // until the end waits for the row
		if err := k.db.Raw("SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' " +
			"AND datname = current_database()").Row().Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit().Error; err != nil {
		t.Fatal(err)
	}
	want(t, "the end exits with", <-ended, 0)
	logins, err := p.Sessions(t.Context(), "ann")
	if err != nil || len(logins) > 0 {
		t.Errorf("%d sessions are left, %v", len(logins), err)
	}
}

// Expired rows are counted and deleted by the clock of the database, in batches; a log has a line
// for each tenth, and a terminal a bar.
func TestClear(t *testing.T) {
	eachDesk(t, func(k *desk) {
		p := k.plugin()
		key := k.start(p, func(s *gormsession.State) { s.Set("a", 1) })
		k.expired(2500)
		if k.d.Kind() != dbtest.SQLite { // this machine's clock is a year ahead, and nobody minds
			k.ago = 365 * 24 * time.Hour
		}
		k.must(0, "clear", "--dry-run").has("2500 expired rows", "nothing was done")
		k.must(0, "clear").has("expired rows deleted: 1000 of 2500", "expired rows deleted: 2000 of 2500",
			"2500 expired rows deleted").lacks("\r")
		k.must(0, "clear").has("0 expired rows deleted")
		k.expired(2500)
		k.onTTY = true
		k.must(0, "clear").has("\r", "2500/2500", "2500 expired rows deleted")
		want(k.t, "lives", k.lives(p, key), true)
	})
}

// expired adds rows that have expired.
func (k *desk) expired(n int) {
	k.t.Helper()
	rows := make([]gormsession.Session, n)
	for i := range rows {
		rows[i] = gormsession.Session{
			SessionKey: sessionkey.Hash(sessionkey.Random()), SessionData: "{}",
			ExpireDate: gormsession.Expiry{Time: time.Now().Add(-time.Duration(i+1) * time.Minute)},
		}
	}
	err := k.db.Session(&gorm.Session{CreateBatchSize: 500}).Create(&rows).Error
	if err != nil {
		k.t.Fatal(err)
	}
}
