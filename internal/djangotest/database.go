package djangotest

import (
	"net"
	"net/url"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// database returns what Django's setting DATABASES holds for db.
func database(tb testing.TB, db *dbtest.DB) map[string]any {
	tb.Helper()
	switch db.Kind() {
	case dbtest.SQLite:
		path, _, _ := strings.Cut(strings.TrimPrefix(db.DSN(), "file:"), "?")
		path, err := url.PathUnescape(path)
		if err != nil {
			tb.Fatalf("djangotest: %v", err)
		}
		return map[string]any{
			"ENGINE": "django.db.backends.sqlite3", "NAME": path,
			"OPTIONS": map[string]any{"timeout": 20},
		}
	case dbtest.Postgres:
		c, err := pgx.ParseConfig(db.DSN())
		if err != nil {
			tb.Fatalf("djangotest: %v", err)
		}
		return map[string]any{
			"ENGINE": "django.db.backends.postgresql", "NAME": c.Database,
			"HOST": c.Host, "PORT": c.Port, "USER": c.User, "PASSWORD": c.Password,
		}
	case dbtest.MariaDB:
		c, err := mysqldriver.ParseDSN(db.DSN())
		if err != nil {
			tb.Fatalf("djangotest: %v", err)
		}
		host, port := c.Addr, ""
		if c.Net == "tcp" {
			if host, port, err = net.SplitHostPort(c.Addr); err != nil {
				tb.Fatalf("djangotest: %v", err)
			}
		}
		return map[string]any{
			"ENGINE": "django.db.backends.mysql", "NAME": c.DBName,
			"HOST": host, "PORT": port, "USER": c.User, "PASSWORD": c.Passwd,
		}
	}
	panic("djangotest: unknown kind " + string(db.Kind()))
}
