package faults

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// storm ends all connections each 200 ms, and 150 requests at least. A statement is tried again
// where that is safe.
func storm(tr *trial) {
	d := dbtest.New(tr, tr.kind)
	c := tr.gather(tr.nodes(settings(d)), 32)
	c.awaitServed(100)
	killer := tr.alone(d)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range tr.size(15, 50) {
		<-tick.C
		c.awaitServed(150) // on a slow machine too
		killAll(tr, killer)
		c.heal()
	}
	c.awaitServed(300)
	c.finish()
	var err error
	if all, failed := tr.requests.Load(), tr.unavailable.Load()+tr.unknown.Load(); failed*100 > all {
		err = fmt.Errorf("%d of %d requests have failed", failed, all)
	}
	tr.holds(err, "the share of what succeeds")
}

// alone opens a pool of one connection.
func (tr *trial) alone(d *dbtest.DB) *gorm.DB {
	tr.Helper()
	db := d.Open(tr)
	pool, err := db.DB()
	if err != nil {
		tr.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	return db
}

// killAll ends all connections to a database but the killer's own.
func killAll(tr *trial, killer *gorm.DB) {
	list := map[dbtest.Kind]string{
		dbtest.Postgres: "SELECT pid FROM pg_stat_activity" +
			" WHERE datname = current_database() AND pid <> pg_backend_pid()",
		dbtest.MariaDB: "SELECT id FROM information_schema.processlist" +
			" WHERE db = DATABASE() AND id <> CONNECTION_ID()",
	}[tr.kind]
	var ids []int64
	if err := killer.Raw(list).Scan(&ids).Error; err != nil {
		tr.Error(err)
	}
	for _, id := range ids {
		tr.faults.Add(1)
		if tr.kind == dbtest.Postgres {
			killer.Exec("SELECT pg_terminate_backend(?)", id)
		} else {
			killer.Exec(fmt.Sprint("KILL CONNECTION ", id)) // it may have gone by itself
		}
	}
}
