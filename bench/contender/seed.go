package contender

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/seed7368b609/gormsession/bench/database"
)

// Seed leaves n rows in the table of a site and no others: live sessions of that size under
// [Key](0) to Key(n-1), each a clone of one that the site itself has made.
func Seed(db *database.DB, s *Site, n int, size string) error {
	if s.Table == "" {
		return nil
	}
	if db.Kind == database.Redis {
		return seedRedis(db, s, n, size)
	}
	if err := empty(db, s); err != nil {
		return err
	}
	if w := Ask(s, Create.Path(size), ""); w.Code != http.StatusOK {
		return fmt.Errorf("seed: %d %s", w.Code, w.Body)
	}
	var original string
	query := "SELECT " + s.KeyColumn + " FROM " + s.Table
	if err := db.Pool.QueryRow(query).Scan(&original); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if err := Clone(db, s, original, 0, n); err != nil {
		return err
	}
	_, err := db.Pool.Exec(
		db.Bind("DELETE FROM "+s.Table+" WHERE "+s.KeyColumn+" = ?"), original)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	return settle(db, s)
}

// Ask sends a request to a site, with the value of a cookie unless that is empty.
func Ask(s *Site, path, cookie string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if cookie != "" {
		r.Header.Set("Cookie", CookieName+"="+cookie)
	}
	w := httptest.NewRecorder()
	s.Handler.ServeHTTP(w, r)
	return w
}

func empty(db *database.DB, s *Site) error {
	if db.Kind == database.SQLite {
		return db.Exec("DELETE FROM " + s.Table)
	}
	return db.Exec("TRUNCATE TABLE " + s.Table)
}

// Clone copies the row under a key of the table to those of [Key](from) to Key(to-1).
func Clone(db *database.DB, s *Site, original string, from, to int) (err error) {
	columns, err := columnsOf(db, s)
	if err != nil {
		return err
	}
	selected := make([]string, len(columns))
	for i, name := range columns {
		selected[i] = "t." + name
		if name == s.KeyColumn {
			selected[i] = "k.v"
		}
	}
	tx, err := db.Pool.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("seed: %w", err), tx.Rollback())
		}
	}()
	const batch = 500
	for i := from; i < to; i += batch {
		var values []string
		for j := i; j < min(i+batch, to); j++ {
			values = append(values, "('"+s.RowKey(Key(j))+"')")
		}
		_, err := tx.Exec(db.Bind(fmt.Sprintf(
			"INSERT INTO %s (%s) WITH k(v) AS (VALUES %s) SELECT %s FROM k, %s t WHERE t.%s = ?",
			s.Table, strings.Join(columns, ", "), strings.Join(values, ", "),
			strings.Join(selected, ", "), s.Table, s.KeyColumn)), original)
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

func columnsOf(db *database.DB, s *Site) (columns []string, err error) {
	rows, err := db.Pool.Query("SELECT * FROM " + s.Table + " WHERE 1 = 0")
	if err != nil {
		return nil, err
	}
	defer func(rows *sql.Rows) { err = errors.Join(err, rows.Close()) }(rows)
	return rows.Columns()
}

// settle brings the table and the log of the database into the state of one that has been in use.
func settle(db *database.DB, s *Site) error {
	switch db.Kind {
	case database.SQLite:
		return db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	case database.Postgres:
		return db.Exec("VACUUM ANALYZE " + s.Table)
	}
	return db.Exec("ANALYZE TABLE " + s.Table)
}

// Check tells whether the session of a key is what a cell says that is measured on it.
func Check(s *Site, key, size string) error {
	got := Ask(s, entriesPath, s.Cookie(key))
	if want := fmt.Sprintf("%d 0 %d", uid, len(texts[size])); got.Body.String() != want {
		return fmt.Errorf("a session of %s holds %q, not %q", size, got.Body, want)
	}
	return nil
}

// Counted returns what the session of a key has counted.
func Counted(s *Site, key string) (n int, err error) {
	var id, length int
	got := Ask(s, entriesPath, s.Cookie(key)).Body.String()
	if _, err := fmt.Sscan(got, &id, &n, &length); err != nil {
		return 0, fmt.Errorf("the session shows %q: %w", got, err)
	}
	return n, nil
}
