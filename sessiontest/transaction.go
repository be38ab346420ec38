package sessiontest

import (
	"context"
	"database/sql"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Transaction begins a transaction for one test, which is rolled back at its end, and returns a
// handle whose every statement is part of it: the application's, and those of sessions. What the
// test finds in the database is as it was before it, and what it leaves is gone; so several tests
// can share a database whose tables were made once.
//
//	tx := sessiontest.Transaction(t, db)
//	plugin, err := gormsession.New(tx)
//	client := sessiontest.NewClient(t, router(tx, plugin), plugin)
//
// A transaction of the application's, or of a session's, is a savepoint in it, and so is a single
// statement: one that fails fails alone, as it does without the test's transaction. They follow
// each other. So a handler that saves its session by [gormsession.State.Save], in the middle of a
// transaction of its own, waits for itself until the time of [gormsession.WithTimeout] is over, as
// it does where the pool has one connection; by [gormsession.State.SaveIn] it does not. What needs
// two connections cannot be tried: locks, isolation, what a COMMIT refuses, and, on PostgreSQL, a
// session that is read when a statement of the handler's transaction has failed, and before that is
// rolled back.
//
// Tests that run in parallel wait for each other where they write the same rows, and on SQLite
// wherever they write. Make the tables before, as by gormsession.Migrate(db): MySQL commits a
// transaction in which a table is made. The handle must have no resolver of replicas, whose
// statements would go past the transaction.
func Transaction(t testing.TB, db *gorm.DB) *gorm.DB {
	t.Helper()
	if db.Callback().Query().Get("gorm:db_resolver") != nil {
		t.Fatal("sessiontest: the handle has a resolver, whose statements would go past the " +
			"transaction: give Transaction a handle without dbresolver")
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatalf("sessiontest: %v", err)
	}
	tx, err := pool.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatalf("sessiontest: %v", err)
	}
	within := sql.OpenDB(&enclosure{tx: tx, turn: make(chan struct{}, 1)})
	t.Cleanup(func() {
		_ = within.Close()
		_ = tx.Rollback()
	})
	return onPool(db, within)
}

// onPool is the handle on another pool.
func onPool(db *gorm.DB, pool *sql.DB) *gorm.DB {
	h := db.Session(&gorm.Session{NewDB: true, Context: context.Background()})
	h.ConnPool, h.PrepareStmt = pool, false
	h.Statement = &gorm.Statement{
		DB: h, ConnPool: pool, Context: context.Background(), Clauses: map[string]clause.Clause{},
	}
	return h
}
