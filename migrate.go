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
)

// Migrate makes the table of sessions if it is missing, as [New] does with the same options, unless they say [WithoutMigration]. An
// existing table is never altered; one that is not made for sessions is an error.
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
		if err := s.migrate(); err != nil {
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
		return nil, fmt.Errorf("gormsession: the *gorm.DB carries an error; give New what gorm.Open returned, not the result of a query: %w", db.Error)
	}
	if _, ok := db.Statement.ConnPool.(gorm.TxCommitter); ok {
		return nil, errors.New("gormsession: the *gorm.DB is a transaction; give New what gorm.Open returned: sessions are saved in transactions of their own")
	}
	name := db.Dialector.Name()
	d, ok := dialects[name]
	if !ok {
		return nil, fmt.Errorf("gormsession: no support for GORM's dialect %q; there is for sqlite, postgres and mysql, and what speaks their protocols", name)
	}
	s := &store{
		db: ownHandle(db), dialect: d, replaceRows: o.replaceRows, dialectName: name, translate: translator(db),
		layout: o.layout, codec: o.codec, table: o.table, model: o.model,
		bare: db.SkipDefaultTransaction, timeout: o.timeout, clock: o.clock, newKey: o.newKey, cleanup: o.cleanup,
		logger: func() *slog.Logger { return o.log() },
	}
	var err error
	if s.own, err = s.model.columns(s.db); err != nil {
		return nil, fmt.Errorf("gormsession: %w", err)
	}
	if s.schema, err = schema.Parse(s.model.empty(), &sync.Map{}, s.db.NamingStrategy); err != nil {
		return nil, fmt.Errorf("gormsession: %w", err)
	}
	s.bare = s.bare && !s.hooked() // what a hook refuses afterwards has to be undone
	s.lookSQL = fmt.Sprintf("SELECT session_key, session_data, %s FROM %s WHERE session_key = ?", d.expireText, s.db.Statement.Quote(s.table))
	s.findSQL = s.lookSQL + " AND expire_date > ?"
	s.lockSQL = s.findSQL + d.lock
	return s, nil
}

// migrate makes the table where it is missing, and refuses one that is not made for sessions.
func (s *store) migrate() error {
	ctx, cancel := context.WithTimeout(context.Background(), max(s.timeout, time.Minute))
	defer cancel()
	if s.probe(ctx) == nil {
		return s.inspect(ctx)
	}
	err := s.createTable(ctx)
	if err == nil {
		return nil
	}
	if s.probe(ctx) == nil { // another process was quicker
		return s.inspect(ctx)
	}
	if s.quiet(ctx).Migrator().HasTable(s.table) {
		return fmt.Errorf("gormsession: the table %s exists and is no table of sessions: it lacks session_key, session_data or expire_date; choose another name with WithTable", s.table)
	}
	return fmt.Errorf("gormsession: the table %s could not be made: %w", s.table, err)
}

// quiet is a handle that logs nothing: a question that may be answered with an error.
func (s *store) quiet(ctx context.Context) *gorm.DB {
	return s.handle(ctx).Session(&gorm.Session{Logger: logger.Discard})
}

// probe asks for our columns. It works on every database, with schemas and views, and without rights on catalogs.
func (s *store) probe(ctx context.Context) error {
	rows, err := s.quiet(ctx).Raw(s.lookSQL+" AND 1 = 0", "").Rows()
	if err != nil {
		return err
	}
	err = rows.Err()
	return errors.Join(err, rows.Close())
}

// inspect refuses a table that has our columns but cannot keep our sessions: Django's, for one, whose keys are too short for hashes.
func (s *store) inspect(ctx context.Context) error {
	columns, err := s.quiet(ctx).Migrator().ColumnTypes(s.table)
	if err != nil {
		return nil // a view, or catalogs that we may not read: the columns are there
	}
	have := map[string]bool{}
	for _, c := range columns {
		have[c.Name()] = true
		if c.Name() != "session_key" {
			continue
		}
		if length, ok := c.Length(); ok && length > 0 && length < int64(s.layout.KeySize) {
			return fmt.Errorf("gormsession: the column session_key of the table %s holds %d characters, not %d; if this is Django's table use django.Compatible, else choose another name with WithTable",
				s.table, length, s.layout.KeySize)
		}
		primary, known := c.PrimaryKey()
		if unique, ok := c.Unique(); known && !primary && !(ok && unique) {
			return fmt.Errorf("gormsession: session_key is not the primary key of the table %s, so it is no table of sessions; choose another name with WithTable", s.table)
		}
	}
	for _, f := range s.own {
		if len(have) > 0 && !have[f.DBName] {
			return fmt.Errorf("gormsession: the table %s has no column %s, which the model has; existing tables are never altered: add it by a migration of the application's", s.table, f.DBName)
		}
	}
	return nil
}

func (s *store) createTable(ctx context.Context) error {
	tx := s.quiet(ctx)
	quoted := tx.Statement.Quote(s.table)
	if statements := s.layout.Tables[s.dialectName]; statements != nil && s.model == sessionModel {
		for _, statement := range statements {
			if err := tx.Session(&gorm.Session{NewDB: true}).Exec(fmt.Sprintf(statement, quoted)).Error; err != nil {
				return err
			}
		}
		return nil
	}
	if err := tx.Table(s.table).Migrator().CreateTable(s.model.empty()); err != nil {
		return err
	}
	if s.dialectName == "mysql" { // keys are compared byte by byte, and ASCII keeps the index small
		return s.quiet(ctx).Exec("ALTER TABLE " + quoted + " MODIFY session_key varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL").Error
	}
	return nil
}
