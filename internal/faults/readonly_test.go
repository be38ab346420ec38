package faults

import (
	"fmt"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
)

// readOnly has the database take no writes for a while, as a file that must not be written, or a
// node that is no primary any more.
func readOnly(tr *trial) {
	if tr.kind == dbtest.SQLite {
		readOnlyFile(tr)
		return
	}
	server := dbtest.StartServer(tr, tr.kind)
	d := server.DB(tr)
	s := settings(d)
	admin := tr.alone(d)
	forbid := "ALTER DATABASE " + name(tr, d) + " SET default_transaction_read_only = on"
	allow := strings.Replace(forbid, "= on", "= off", 1)
	if tr.kind == dbtest.MariaDB { // an account that may do all writes on
		s.DSN = d.As(tr, "GRANT ALL ON "+name(tr, d)+".* TO %s").DSN()
		forbid, allow = "SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"
	}
	c := tr.gather(tr.nodes(s), 12)
	for range tr.size(2, 6) {
		c.awaitServed(200)
		c.fault()
		if err := admin.Exec(forbid).Error; err != nil {
			tr.Error(err)
		}
		killAll(tr, admin)
		before := tr.unavailable.Load()
		for tr.unavailable.Load() < before+100 {
			c.awaitServed(1)
		}
		if tr.kind == dbtest.Postgres {
			admin.Exec("SET default_transaction_read_only = off")
		}
		if err := admin.Exec(allow).Error; err != nil {
			tr.Error(err)
		}
		killAll(tr, admin)
		c.heal()
	}
	c.awaitServed(200)
	c.finish()
}

// name is that of a database.
func name(tr *trial, d *dbtest.DB) (name string) {
	query := "SELECT current_database()"
	if d.Kind() == dbtest.MariaDB {
		c, err := mysqldriver.ParseDSN(d.DSN())
		if err != nil {
			tr.Fatal(err)
		}
		return c.DBName
	}
	if err := d.Open(tr).Raw(query).Scan(&name).Error; err != nil {
		tr.Fatal(err)
	}
	return name
}

// readOnlyFile has some of the nodes open a file of SQLite's for reading alone.
func readOnlyFile(tr *trial) {
	d := dbtest.New(tr, tr.kind)
	s := settings(d)
	nodes := tr.nodes(s)
	c := tr.gather(nodes, 8)
	c.awaitServed(50)
	s.DSN += "&mode=ro"
	for _, n := range tr.nodes(s) {
		n.ready()
		key := ""
		for key == "" {
			key = nodes[0].ask("/start", "").Key
		}
		tr.faults.Add(1)
		for page, want := range map[string]application.Outcome{
			"/read": application.Done, "/increment": application.Unavailable,
			"/pair": application.Unavailable, "/login": application.Unavailable,
			"/logout": application.Unavailable, "/start": application.Unavailable,
		} {
			got := n.ask(page, key, "user", "ann")
			tr.count(page, got)
			var err error
			if got.Outcome != want {
				err = fmt.Errorf("answered with %d, %q", got.status, got.Outcome)
			}
			tr.holds(err, "%s on a file that cannot be written", page)
		}
		got := nodes[0].ask("/read", key)
		tr.count("read", got)
		var err error
		if got.Outcome != application.Done || got.Page.N != 0 {
			err = fmt.Errorf("answered with %d, and n is %d", got.status, got.Page.N)
		}
		tr.holds(err, "a session after writes that failed")
	}
	c.awaitServed(200)
	c.finish()
}
