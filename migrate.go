package gormsession

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// Migrate makes the table of sessions if it is missing, as [New] does with the same options, also
// where they say [WithoutMigration]. An existing table is never altered; one that cannot keep
// sessions is an error, as is a database that does not answer.
func Migrate(db *gorm.DB, opts ...Option) error {
	o, err := newOptions(opts)
	if err != nil {
		return err
	}
	for ; o != nil; o = o.former {
		s, err := newStore(db, o)
		if err != nil {
			return err
		}
		if err := s.prepare(true); err != nil {
			return err
		}
	}
	return nil
}

// newStore checks the application's handle and makes the store, without a query.
func newStore(db *gorm.DB, o *options) (*store, error) {
	switch {
	case db == nil || db.Config == nil || db.Statement == nil:
		return nil, errors.New("gormsession: the *gorm.DB is nil; give New what gorm.Open returned")
	case db.Error != nil:
		return nil, fmt.Errorf(
			"gormsession: the *gorm.DB carries an error; give New what gorm.Open returned, not the "+
				"result of a query: %w",
			db.Error,
		)
	}
	if _, ok := db.Statement.ConnPool.(gorm.TxCommitter); ok {
		return nil, errors.New(
			"gormsession: the *gorm.DB is a transaction; give New what gorm.Open returned: sessions " +
				"are saved in transactions of their own",
		)
	}
	name := db.Dialector.Name()
	d, ok := dialects[name]
	if !ok {
		return nil, fmt.Errorf(
			"gormsession: no support for GORM's dialect %q; there is for sqlite, postgres and mysql, "+
				"and what speaks their protocols",
			name,
		)
	}
	s := &store{
		db: ownHandle(
			db,
		),
		dialect:     d,
		replaceRows: o.replaceRows,
		dialectName: name,
		faults:      fault.For(db.Dialector),
		layout:      o.layout,
		codec:       o.codec,
		table:       o.table,
		model:       o.model,
		bare:        db.SkipDefaultTransaction,
		timeout:     o.timeout,
		clock:       o.clock,
		newKey:      o.newKey,
		cleanup:     o.cleanup,
		logger:      func() *slog.Logger { return o.log() },
	}
	var err error
	if s.own, err = s.model.columns(s.db); err != nil {
		return nil, fmt.Errorf("gormsession: %w", err)
	}
	if s.schema, err = schema.Parse(s.model.empty(), &sync.Map{}, s.db.NamingStrategy); err != nil {
		return nil, fmt.Errorf("gormsession: %w", err)
	}
	s.bare = s.bare && !s.hooked() // what a hook refuses afterwards has to be undone
	s.lookSQL = fmt.Sprintf(
		"SELECT session_key, session_data, %s FROM %s WHERE session_key = ?",
		d.expireText,
		s.db.Statement.Quote(s.table),
	)
	s.findSQL = s.lookSQL + " AND expire_date > ?"
	s.lockSQL = s.findSQL + d.lock
	return s, nil
}

// makeTime is what the making of a table may take at least, however short the timeout of a save is.
const makeTime = 10 * time.Second

// prepare sees to it that there is a table that can keep our sessions: it makes a missing one if it
// may, and refuses what cannot serve. Each step has its own time, so a silent database is told of
// soon.
func (s *store) prepare(mayMake bool) error {
	if err := s.begins(); err != nil {
		return s.unread(err)
	}
	err := s.probe()
	if s.faults.Tells(err, fault.NoTable) {
		if !mayMake {
			return fmt.Errorf(
				"%w: the table %s is missing: make it by gormsession.Migrate or a migration "+
					"of the application's, or leave out WithoutMigration: %w",
				ErrUnavailable,
				s.table,
				err,
			)
		}
		failed := s.createTable()
		if err = s.probe(); err != nil && failed != nil { // else another process was quicker
			return s.unmade(failed)
		}
	}
	if err != nil {
		return s.unread(err)
	}
	return s.inspect()
}

// within gives a step of New its time.
func (s *store) within(atLeast time.Duration, step func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), max(s.timeout, atLeast))
	defer cancel()
	return step(ctx)
}

// quiet is a handle that logs nothing: a question that may be answered with an error.
func (s *store) quiet(ctx context.Context) *gorm.DB {
	return s.handle(ctx).Session(&gorm.Session{Logger: logger.Discard})
}

// begins asks for a transaction, without which no session can be saved. Poolers before PostgreSQL
// may be set to take none.
func (s *store) begins() error {
	if s.dialectName != "postgres" {
		return nil
	}
	return s.within(0, func(ctx context.Context) error {
		return s.inquire(ctx, func(ctx context.Context) error {
			return s.transact(ctx, func(*gorm.DB) error { return nil })
		})
	})
}

// probe asks for our columns. It works on every database, with schemas and views, and without
// rights on catalogs.
func (s *store) probe() error {
	return s.within(0, func(ctx context.Context) error {
		return s.ask(s.quiet(ctx), s.lookSQL+" AND 1 = 0", noMatter, "")
	})
}

func (s *store) createTable() error {
	return s.within(makeTime, func(ctx context.Context) error {
		tx := s.quiet(ctx)
		statements := s.layout.Tables[s.dialectName]
		if statements == nil || s.model != sessionModel {
			return tx.Table(s.table).Migrator().CreateTable(s.model.tableOn(s.dialectName))
		}
		for _, statement := range statements {
			statement = fmt.Sprintf(statement, tx.Statement.Quote(s.table))
			if err := tx.Session(&gorm.Session{NewDB: true}).Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	})
}
