package contender

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/seed7368b609/gormsession/bench/database"
)

// rawSQL is the floor of a driver: prepared statements of database/sql, one for each read, update
// and create. With the context of the request, which may end at any time, SQLite's driver starts a
// goroutine for each.
func rawSQL(withContext bool) func(*database.DB) (*Site, error) {
	return func(db *database.DB) (*Site, error) {
		blob, stamp := "BLOB", "DATETIME"
		switch db.Kind {
		case database.Postgres:
			blob, stamp = "BYTEA", "TIMESTAMPTZ"
		case database.MariaDB:
			blob, stamp = "LONGBLOB", "DATETIME(6)"
		}
		err := db.Exec(
			fmt.Sprintf(`CREATE TABLE IF NOT EXISTS raw_sessions (
				skey VARCHAR(40) PRIMARY KEY, data %s NOT NULL, expires %s NOT NULL)`, blob, stamp),
			`CREATE INDEX IF NOT EXISTS raw_sessions_expires ON raw_sessions (expires)`,
		)
		if err != nil {
			return nil, err
		}
		r := sqlRows{withContext: withContext}
		for statement, query := range map[**sql.Stmt]string{
			&r.selects: `SELECT data FROM raw_sessions WHERE skey = ? AND expires > ?`,
			&r.updates: `UPDATE raw_sessions SET data = ?, expires = ? WHERE skey = ?`,
			&r.inserts: `INSERT INTO raw_sessions (skey, data, expires) VALUES (?, ?, ?)`,
		} {
			if *statement, err = db.Pool.Prepare(db.Bind(query)); err != nil {
				return nil, err
			}
		}
		return floorSite(r), nil
	}
}

type sqlRows struct {
	withContext               bool
	selects, updates, inserts *sql.Stmt
}

func (r sqlRows) context(ctx context.Context) context.Context {
	if r.withContext {
		return ctx
	}
	return context.Background()
}

func (r sqlRows) read(ctx context.Context, key string) ([]byte, error) {
	var data []byte
	err := r.selects.QueryRowContext(r.context(ctx), key, time.Now().UTC()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return data, err
}

func (r sqlRows) update(ctx context.Context, key string, data []byte) error {
	_, err := r.updates.ExecContext(r.context(ctx), data, time.Now().UTC().Add(Lifetime), key)
	return err
}

func (r sqlRows) create(ctx context.Context, key string, data []byte) error {
	_, err := r.inserts.ExecContext(r.context(ctx), key, data, time.Now().UTC().Add(Lifetime))
	return err
}
