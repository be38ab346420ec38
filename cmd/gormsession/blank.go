package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// openBlank opens a database of that engine that is not there: it has no table, and does nothing.
// What would be done to have one can be asked of it.
func openBlank(engine string) (*gorm.DB, error) {
	pool := sql.OpenDB(blank{engine})
	var dialector gorm.Dialector
	switch engine {
	case "sqlite":
		dialector = sqlite.New(sqlite.Config{Conn: pool})
	case "postgres":
		dialector = postgres.New(postgres.Config{Conn: pool})
	case "mysql":
		dialector = mysql.New(mysql.Config{Conn: pool})
	default:
		return nil, misusef("--engine %q: it is sqlite, postgres or mysql", engine)
	}
	return gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
}

// blank is the driver, by GORM's name of the engine.
type blank struct{ engine string }

func (b blank) Driver() driver.Driver                        { return b }
func (b blank) Open(string) (driver.Conn, error)             { return b, nil }
func (b blank) Connect(context.Context) (driver.Conn, error) { return b, nil }
func (b blank) Close() error                                 { return nil }
func (b blank) Begin() (driver.Tx, error)                    { return b, nil }
func (b blank) Commit() error                                { return nil }
func (b blank) Rollback() error                              { return nil }

// BeginTx takes each isolation.
func (b blank) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return b, nil }

func (b blank) Prepare(string) (driver.Stmt, error) { return nil, b.noTable() }

// QueryContext says of which version the engine is, and that there is no table.
func (b blank) QueryContext(
	_ context.Context, query string, _ []driver.NamedValue,
) (driver.Rows, error) {
	switch query := strings.ToLower(query); {
	case strings.Contains(query, "sqlite_version()"):
		return &version{"3.45.0", true}, nil
	case strings.Contains(query, "version()"):
		return &version{"8.4.0", true}, nil
	}
	return nil, b.noTable()
}

// ExecContext does nothing.
func (b blank) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(0), nil
}

// noTable is what the engine says of a table that is missing.
func (b blank) noTable() error {
	switch b.engine {
	case "postgres":
		return &pgconn.PgError{Code: "42P01"}
	case "mysql":
		return &mysqldriver.MySQLError{Number: 1146}
	}
	return errors.New("no such table")
}

// A version is an answer of one row.
type version struct {
	text string
	left bool
}

func (v *version) Columns() []string { return []string{"version"} }
func (v *version) Close() error      { return nil }

func (v *version) Next(row []driver.Value) error {
	if !v.left {
		return io.EOF
	}
	v.left, row[0] = false, v.text
	return nil
}
