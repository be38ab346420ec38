package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// Plan returns the statements that Open would execute now to make or alter tables, and executes
// none. What Open refuses it refuses.
func Plan(db *gorm.DB, own Config, former *Config) (statements []string, err error) {
	for _, c := range []*Config{&own, former} {
		if c == nil {
			continue
		}
		t, err := newTable(db, *c)
		if err != nil {
			return nil, err
		}
		more, err := t.plan(c.Migrate)
		if err != nil {
			return nil, err
		}
		statements = append(statements, more...)
	}
	return statements, nil
}

// plan is prepare, which it must do as, without doing it.
func (t *Table) plan(may Migration) ([]string, error) {
	if err := t.begins(); err != nil {
		return nil, t.unread(err)
	}
	r := &recorder{
		ConnPool: t.source(context.Background()), explain: t.db.Dialector.(veiled).Dialector.Explain,
	}
	err := t.probe()
	switch {
	case t.faults.Tells(err, fault.NoTable) && may != Leave && may != Visit:
		if err := t.createTable(r); err != nil {
			return nil, t.unmade(err)
		}
		return r.statements, nil
	case t.faults.Tells(err, fault.NoTable):
		return nil, t.absent(err)
	case err != nil:
		return nil, t.unread(err)
	}
	missing, err := t.inspect(may)
	switch {
	case err != nil:
		return nil, err
	case t.mayExtend(may):
		if err := t.extend(r, missing); err != nil {
			return nil, t.unextended(err)
		}
	case len(missing) > 0:
		return nil, t.lacks(missing[0])
	}
	return r.statements, nil
}

// A recorder is a pool that notes what it is to execute and does not; it answers questions. It
// passes for a transaction, which a resolver leaves where it is.
type recorder struct {
	gorm.ConnPool
	explain    func(query string, args ...any) string
	statements []string
}

func (r *recorder) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	if len(args) > 0 {
		query = r.explain(query, args...)
	}
	r.statements = append(r.statements, query)
	return driver.RowsAffected(0), nil
}

// Commit and Rollback make it a gorm.TxCommitter, and do nothing.
func (r *recorder) Commit() error   { return nil }
func (r *recorder) Rollback() error { return nil }
