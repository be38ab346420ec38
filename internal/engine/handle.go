package engine

import (
	"context"
	"regexp"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// secretLogger is the application's GORM logger, which sees our statements with ? for keys and
// data.
type secretLogger struct {
	logger.Interface
	faults fault.Reader
}

var numbered = regexp.MustCompile(`\$\d+`)

// ParamsFilter implements gorm.ParamsFilter.
func (l secretLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return numbered.ReplaceAllString(sql, "?"), nil
}

// LogMode implements logger.Interface.
func (l secretLogger) LogMode(level logger.LogLevel) logger.Interface {
	return secretLogger{l.Interface.LogMode(level), l.faults}
}

// Trace implements logger.Interface. What databases say may name the key, as MySQL does of a
// duplicate, and values that they refuse.
func (l secretLogger) Trace(
	ctx context.Context, begin time.Time, fc func() (string, int64), err error,
) {
	if err != nil {
		err = l.faults.Redact(err, "")
	}
	l.Interface.Trace(ctx, begin, fc, err)
}

// ownHandle makes our handle out of the application's: without its conditions, its dry run, its
// error, its context and its skipped hooks, but with its pool, callbacks and plugins, so that
// tracing and a resolver of replicas see each statement.
//
// Its dialect is veiled, so that what plugins make of our statements shows no session.
//
// It is also without the statements that PrepareStmt keeps for the pool: a waiter inherits the
// error of whoever prepares first, a failed preparation gives a row that panics, a statement goes
// on failing after its table has changed, and preparing waits for a connection that transactions
// may all hold, each waiting for that statement. What is kept by connection has none of this, see
// kept.
func ownHandle(db *gorm.DB) *gorm.DB {
	h := db.Session(&gorm.Session{
		NewDB:                  true,
		Context:                context.Background(),
		SkipDefaultTransaction: true, // the store opens its transactions itself
		Logger:                 secretLogger{db.Logger, fault.For(db.Dialector)},
	})
	h.DryRun, h.PropagateUnscoped, h.AllowGlobalUpdate = false, false, false
	h.Dialector, h.TranslateError = veil(db), true
	// NewDB alone lasts until the next WithContext, which would bring the conditions back.
	pool := h.Statement.ConnPool
	for { // a Session of a handle that prepares may prepare once more
		prepared, ok := pool.(*gorm.PreparedStmtDB)
		if !ok {
			break
		}
		pool = prepared.ConnPool
	}
	h.ConnPool, h.PrepareStmt = pool, false
	h.Statement = &gorm.Statement{
		DB:       h,
		ConnPool: pool,
		Context:  context.Background(),
		Clauses:  map[string]clause.Clause{},
	}
	return h
}
