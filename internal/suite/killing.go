package suite

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// An executioner ends connections of a database by a connection of its own.
type executioner struct {
	t    testing.TB
	kind dbtest.Kind
	conn *sql.Conn
	self int64
}

func newExecutioner(t *testing.T, d *dbtest.DB) *executioner {
	t.Helper()
	pool, err := d.Open(t).DB()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	e := &executioner{t: t, kind: d.Kind(), conn: conn}
	id := map[dbtest.Kind]string{
		dbtest.Postgres: "SELECT pg_backend_pid()",
		dbtest.MariaDB:  "SELECT CONNECTION_ID()",
	}[d.Kind()]
	if err := conn.QueryRowContext(context.Background(), id).Scan(&e.self); err != nil {
		t.Fatal(err)
	}
	return e
}

// kill ends all connections to the database but its own, and returns once they are gone. A server
// that was told to end one says yes at once, and may carry out one more statement on it.
func (e *executioner) kill() {
	ctx := context.Background()
	list := map[dbtest.Kind]string{
		dbtest.Postgres: "SELECT pid FROM pg_stat_activity" +
			" WHERE datname = current_database() AND pid <> pg_backend_pid()",
		dbtest.MariaDB: "SELECT id FROM information_schema.processlist" +
			" WHERE db = DATABASE() AND id <> CONNECTION_ID()",
	}[e.kind]
	rows, err := e.conn.QueryContext(ctx, list)
	if err != nil {
		e.t.Error(err)
		return
	}
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			e.t.Error(err)
		}
		ids = append(ids, id)
	}
	rows.Close()
	end := map[dbtest.Kind]string{
		dbtest.Postgres: "SELECT pg_terminate_backend($1)",
		dbtest.MariaDB:  "KILL CONNECTION ?",
	}[e.kind]
	for _, id := range ids {
		_, _ = e.conn.ExecContext(ctx, end, id) // it may have gone by itself
	}
	for _, id := range ids {
		e.awaitEnd(id)
	}
}

// awaitEnd waits until there is no such connection.
func (e *executioner) awaitEnd(id int64) {
	query := map[dbtest.Kind]string{
		dbtest.Postgres: "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = $1",
		dbtest.MariaDB:  "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ?",
	}[e.kind]
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(time.Millisecond) {
		var n int
		err := e.conn.QueryRowContext(context.Background(), query, id).Scan(&n)
		if err != nil || n == 0 {
			if err != nil {
				e.t.Error(err)
			}
			return
		}
	}
	e.t.Errorf("connection %d does not end", id)
}

// serverConfigs runs f on each database that has connections to lose, with each gorm.Config.
func serverConfigs(t *testing.T, f func(t *testing.T, d *dbtest.DB, c dbtest.Config)) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		for _, c := range dbtest.RunConfigs(t) {
			t.Run(string(kind)+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				f(t, dbtest.New(t, kind), c)
			})
		}
	}
}
