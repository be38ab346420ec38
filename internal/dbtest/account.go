package dbtest

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// As returns the database as another account sees it, which owns nothing and has no
// right but those that grants give: statements such as "GRANT SELECT ON t TO %s". The
// account ends with the test. SQLite has no accounts.
func (d *DB) As(tb testing.TB, grants ...string) *DB {
	tb.Helper()
	name, password := "dbtest_"+strings.ToLower(rand.Text()[:16]), rand.Text()
	account, create := name, "CREATE ROLE %s LOGIN PASSWORD '%s'"
	drop := []string{"DROP OWNED BY %s", "DROP ROLE %s"}
	if d.kind == MariaDB {
		account, create = name+"@'%'", "CREATE USER %s IDENTIFIED BY '%s'"
		drop = []string{"DROP USER %s"}
	}
	do := func(statement string) {
		tb.Helper()
		if err := execute(d.kind, d.dsn, statement); err != nil {
			tb.Errorf("dbtest: an account of %s: %v", d.kind, err)
		}
	}
	do(fmt.Sprintf(create, account, password))
	tb.Cleanup(func() {
		for _, statement := range drop {
			do(fmt.Sprintf(statement, account))
		}
	})
	for _, grant := range grants {
		do(fmt.Sprintf(grant, account))
	}
	dsn, err := withAccount(d.kind, d.dsn, name, password)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	return &DB{d.kind, dsn}
}

// withAccount returns dsn with the account replaced.
func withAccount(k Kind, dsn, name, password string) (string, error) {
	if k == MariaDB {
		c, err := mysqldriver.ParseDSN(dsn)
		if err != nil {
			return "", err
		}
		c.User, c.Passwd = name, password
		return c.FormatDSN(), nil
	}
	if !strings.Contains(dsn, "://") {
		return dsn + " user=" + name + " password=" + password, nil // The last setting counts.
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	u.User = url.UserPassword(name, password)
	return u.String(), nil
}
