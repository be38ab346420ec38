package faults

import (
	"fmt"
	"net/url"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// isolation has clients work at each isolation that the application may have chosen for its own
// transactions; on SQLite, with each way to begin one, in both journal modes.
func isolation(tr *trial) {
	d := dbtest.New(tr, tr.kind)
	var names []string
	dsns := map[string]string{}
	add := func(name, dsn string) {
		names, dsns[name] = append(names, name), dsn
	}
	switch tr.kind {
	case dbtest.SQLite:
		for _, journal := range []string{"WAL", "DELETE"} {
			for _, lock := range []string{"deferred", "immediate", "exclusive"} {
				own := dbtest.New(tr, tr.kind)
				dsn := settings(own).DSN + "&_txlock=" + lock
				add(journal+", "+lock, strings.Replace(dsn, "=WAL", "="+journal, 1))
			}
		}
	case dbtest.Postgres, dbtest.MariaDB:
		for _, level := range []string{
			"read uncommitted", "read committed", "repeatable read", "serializable",
		} {
			add(level, isolated(tr, d, level))
		}
	}
	for _, name := range names {
		s := settings(d)
		s.DSN = dsns[name]
		nodes := tr.nodes(s)
		before := tr.unavailable.Load() + tr.unknown.Load()
		c := tr.gather(nodes, 16)
		c.awaitServed(int64(tr.size(800, 3000)))
		c.finish()
		var err error
		if failed := tr.unavailable.Load() + tr.unknown.Load() - before; failed > 0 {
			err = fmt.Errorf("%d requests have failed, though nothing has", failed)
		}
		tr.holds(err, "%s", name)
		for _, n := range nodes {
			n.kill()
		}
	}
	tr.note = strings.Join(names, "; ")
}

// isolated is a DSN by which transactions have that isolation by default.
func isolated(tr *trial, d *dbtest.DB, level string) string {
	if d.Kind() == dbtest.MariaDB {
		c, err := mysqldriver.ParseDSN(d.DSN())
		if err != nil {
			tr.Fatal(err)
		}
		variable := "transaction_isolation" // MySQL's; before MariaDB 11.1 it was called otherwise
		var n int
		if err := d.Open(tr).Raw("SELECT count(*) FROM information_schema.session_variables" +
			" WHERE variable_name = 'tx_isolation'").Scan(&n).Error; err == nil && n > 0 {
			variable = "tx_isolation"
		}
		if c.Params == nil {
			c.Params = map[string]string{}
		}
		c.Params[variable] = "'" + strings.ToUpper(strings.ReplaceAll(level, " ", "-")) + "'"
		return c.FormatDSN()
	}
	if !strings.Contains(d.DSN(), "://") {
		return fmt.Sprintf("%s default_transaction_isolation='%s'", d.DSN(), level)
	}
	u, err := url.Parse(d.DSN())
	if err != nil {
		tr.Fatal(err)
	}
	q := u.Query()
	q.Set("default_transaction_isolation", level)
	u.RawQuery = q.Encode()
	return u.String()
}
