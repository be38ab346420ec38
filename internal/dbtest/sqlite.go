package dbtest

import (
	"database/sql/driver"

	"github.com/mattn/go-sqlite3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// sqliteBy is what SQLite is reached by.
var sqliteBy = struct {
	driver    driver.Driver
	dialector func(dsn string, pool gorm.ConnPool) gorm.Dialector
}{
	&sqlite3.SQLiteDriver{},
	func(dsn string, pool gorm.ConnPool) gorm.Dialector {
		return sqlite.New(sqlite.Config{DSN: dsn, Conn: pool})
	},
}

// UseSQLite has all SQLite databases of the process be reached by another driver,
// which takes the DSNs of mattn's, and its dialector. It is called before any
// test, and in each helper process.
func UseSQLite(
	d driver.Driver, dialector func(dsn string, pool gorm.ConnPool) gorm.Dialector,
) {
	sqliteBy.driver, sqliteBy.dialector = d, dialector
}
