package clusters

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What a table of so many sessions takes on PostgreSQL, and what it costs to read, to change and to
// make one: GORMSESSION_ROWS=10000000 says of how many. It is a measurement, and claims nothing.
func TestRows(t *testing.T) {
	rows, err := strconv.Atoi(os.Getenv("GORMSESSION_ROWS"))
	if err != nil {
		t.Skip("GORMSESSION_ROWS=10000000 runs it")
	}
	server := dbtest.StartPrimary(t, dbtest.Postgres, "-c", "shared_buffers=1GB", "-c", "fsync=on",
		"-c", "max_wal_size=8GB", "-c", "maintenance_work_mem=1GB", "-c", "autovacuum=off")
	for _, n := range []int{1000, rows} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			db := server.DB(t).Open(t, &gorm.Config{SkipDefaultTransaction: true})
			plugin, err := gormsession.New(db, gormsession.WithCleanup(0))
			if err != nil {
				t.Fatal(err)
			}
			m := &measured{T: t, db: db, plugin: plugin, rows: n}
			m.fill()
			key := m.ask("pg_relation_size('web_sessions_pkey')")
			m.say("table %d bytes a row, key %d, expire_date %d",
				m.ask("pg_relation_size('web_sessions')")/n, key/n,
				(m.ask("pg_indexes_size('web_sessions')")-key)/n)
			const each = 3000
			m.times("read", each, func(s *gormsession.State) error { return nil })
			m.times("read and change", each, func(s *gormsession.State) error {
				s.Set("n", rand.Int())
				return s.Save()
			})
			m.times("make", each, nil)
			m.vacuum()
		})
	}
}

type measured struct {
	*testing.T
	db     *gorm.DB
	plugin *gormsession.Plugin
	rows   int
}

// fill makes rows of 200 bytes of text, and the indexes after that.
func (m *measured) fill() {
	began := time.Now()
	var indexes []struct{ Indexname, Indexdef string }
	if err := m.db.Raw("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = " +
		"'web_sessions' AND indexname <> 'web_sessions_pkey'").Scan(&indexes).Error; err != nil {
		m.Fatal(err)
	}
	statements := []string{"ALTER TABLE web_sessions DROP CONSTRAINT web_sessions_pkey"}
	for _, index := range indexes {
		statements = append(statements, "DROP INDEX "+index.Indexname)
	}
	statements = append(statements, fmt.Sprintf("INSERT INTO web_sessions (session_key, "+
		"session_data, expire_date) SELECT encode(sha256(md5(i::text)::bytea), 'hex'), "+
		`'{"filler":"' || repeat('x', 180) || '","i":' || lpad(i::text, 8, '1') || '}', `+
		"date_trunc('hour', now()) + interval '13 days' + (i %% 64) * interval '1 hour' "+
		"FROM generate_series(1, %d) AS i", m.rows),
		"ALTER TABLE web_sessions ADD PRIMARY KEY (session_key)")
	for _, index := range indexes {
		statements = append(statements, index.Indexdef)
	}
	for _, statement := range append(statements, "VACUUM ANALYZE web_sessions", "CHECKPOINT") {
		if err := m.db.Exec(statement).Error; err != nil {
			m.Fatal(err)
		}
	}
	m.say("filled in %v", time.Since(began).Round(time.Second))
}

// key is that of a row which fill has made.
func (m *measured) key() string {
	sum := md5.Sum([]byte(strconv.Itoa(1 + rand.IntN(m.rows))))
	return hex.EncodeToString(sum[:])
}

// times measures what is done to sessions, one after the other; nil makes them.
func (m *measured) times(what string, n int, do func(*gormsession.State) error) {
	m.Helper()
	took, wal := make([]time.Duration, n), m.ask("(pg_current_wal_lsn() - '0/0')::bigint")
	for i := range took {
		key := ""
		if do != nil {
			key = m.key()
		}
		began := time.Now()
		s, err := m.plugin.Open(context.Background(), key)
		if err != nil {
			m.Fatal(err)
		}
		if do != nil {
			if s.IsNew() {
				m.Fatal("there is no such row")
			}
			err = do(s)
		} else {
			s.Set("filler", fmt.Sprintf("%0180d", i))
			err = s.Save()
		}
		if err != nil {
			m.Fatal(err)
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	m.say("%s: %v in the median, %v of 99 in 100, %d bytes of WAL", what,
		took[n/2].Round(time.Microsecond), took[n*99/100].Round(time.Microsecond),
		(m.ask("(pg_current_wal_lsn() - '0/0')::bigint")-wal)/n)
}

// vacuum changes a tenth of the rows, as saves do, and measures what it takes to clear up.
func (m *measured) vacuum() {
	for _, statement := range []string{
		"UPDATE web_sessions SET session_data = overlay(session_data placing 'y' from 13) " +
			"WHERE session_key < '19'", "VACUUM web_sessions",
	} {
		began := time.Now()
		if err := m.db.Exec(statement).Error; err != nil {
			m.Fatal(err)
		}
		m.say("%.6s of a tenth of the rows: %v", statement, time.Since(began).Round(time.Millisecond))
	}
	m.say("table %d bytes a row then", m.ask("pg_relation_size('web_sessions')")/m.rows)
}

func (m *measured) ask(query string) (n int) {
	m.Helper()
	if err := m.db.Raw("SELECT " + query).Scan(&n).Error; err != nil {
		m.Fatal(err)
	}
	return n
}

func (m *measured) say(format string, args ...any) {
	m.Helper()
	m.Logf("%d rows: "+format, append([]any{m.rows}, args...)...)
}
