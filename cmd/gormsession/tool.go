package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/engine"
)

// A tool is one run of the program: what is outside, and what the flags say that all commands have.
type tool struct {
	world
	dsn, table string
	timeout    time.Duration
	json       bool
	django     djangoFlags

	source source   // of dsn, once it was read
	keyIDs []string // of the keys of sealed rows that were given
	conns  *sql.DB
}

// A base is a table of sessions that was opened.
type base struct {
	plugin *gormsession.Plugin
	store  *engine.Store
	users  bool // rows say whose they are
}

// find reads which database it is.
func (t *tool) find() (err error) {
	if t.dsn == "" {
		t.dsn = t.getenv(dsnVariable)
	}
	t.source, err = parseDSN(t.dsn)
	return err
}

// open opens the database. One that is not there is made by no command but migrate.
func (t *tool) open(mayMake bool) (*gorm.DB, error) {
	if err := t.find(); err != nil {
		return nil, err
	}
	if !mayMake && !t.source.exists() {
		return nil, fmt.Errorf("there is no file %s; gormsession migrate --yes makes it, with the table",
			t.source.file)
	}
	dialector, err := t.source.dialector(t.timeout)
	if err != nil {
		return nil, err
	}
	db, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
	if db != nil && db.ConnPool != nil {
		t.conns, _ = db.ConnPool.(*sql.DB)
	}
	switch {
	case err != nil && strings.Contains(err.Error(), "requires cgo"):
		return nil, errors.New("this binary was built without cgo, and so without SQLite: " +
			"install it with CGO_ENABLED=1 and a C compiler")
	case err != nil:
		return nil, fmt.Errorf("%s cannot be opened: %w", t.source.name, err)
	}
	return db, nil
}

func (t *tool) close() {
	if t.conns != nil {
		_ = t.conns.Close()
	}
}

// visit opens the table as it is, and makes no rows in it.
func (t *tool) visit(opts ...gormsession.Option) (*base, error) {
	db, err := t.open(false)
	if err != nil {
		return nil, err
	}
	return t.visitOn(db, t.warnings(), opts...)
}

// visitOn is visit in a database that is open. Whether rows say whose they are the table tells.
func (t *tool) visitOn(
	db *gorm.DB, log *slog.Logger, opts ...gormsession.Option,
) (*base, error) {
	own, err := t.options(db)
	if err != nil {
		return nil, err
	}
	own = slices.Concat(own, opts, []gormsession.Option{
		engine.Option(engine.Visit).(gormsession.Option), gormsession.WithLogger(log),
	})
	b := &base{users: !t.django.on}
	if b.users {
		silent := gormsession.WithLogger(slog.New(slog.DiscardHandler))
		_, err := gormsession.New(db, slices.Concat(own,
			[]gormsession.Option{silent, gormsession.WithUsers()})...)
		if errors.Is(err, gormsession.ErrUnavailable) {
			return nil, err
		}
		b.users = err == nil
	}
	if b.users {
		own = append(own, gormsession.WithUsers())
	}
	if b.plugin, err = gormsession.New(db, own...); err != nil {
		return nil, err
	}
	b.store = engine.StoreOf(b.plugin)
	return b, nil
}

// options are the settings that the flags say.
func (t *tool) options(db *gorm.DB) ([]gormsession.Option, error) {
	// What has ended is decided by the clock of the database, and not by this machine's.
	clock, err := engine.NewClock(db, t.now, t.timeout)
	if err != nil {
		return nil, err
	}
	opts := []gormsession.Option{
		gormsession.WithClock(clock.Now), gormsession.WithTimeout(t.timeout),
		gormsession.WithCleanup(0),
	}
	layout, err := t.layout()
	return append(opts, layout...), err
}

// layout are the settings that say how the table is made.
func (t *tool) layout() (opts []gormsession.Option, err error) {
	if t.django.on {
		django, err := t.django.option(t)
		if err != nil {
			return nil, err
		}
		opts = append(opts, django)
	} else {
		// A row that a key rotation has left leads to the one that has replaced it, and whether the
		// application replaces rows is not known here: an end must miss none of those.
		opts = append(opts, gormsession.WithKeyRotation(100*365*24*time.Hour),
			gormsession.WithReplacedRows())
	}
	if t.table != "" {
		opts = append(opts, gormsession.WithTable(t.table))
	}
	return opts, nil
}

// warnings is the log of the plugin: what it warns of goes to standard error.
func (t *tool) warnings() *slog.Logger {
	return slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{
		Level: slog.LevelWarn,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// told is the text of an error, with what the database has said, and without a password.
func (t *tool) told(err error) string {
	text := strings.TrimPrefix(engine.Detail(err), "gormsession: ")
	if t.source.password != "" {
		text = strings.ReplaceAll(text, t.source.password, "***")
	}
	return text
}

// ours has an error of the library's name what mends it here, and not in a program.
var ours = strings.NewReplacer(
	"make it by gormsession.Migrate or a migration of the application's, or leave out "+
		"WithoutMigration", "gormsession migrate makes it; is it --table, or --django?",
	"use django.Compatible", "say --django", "with WithTable", "with --table",
	"WithTable takes", "--table takes", `FillUsers(""): name`, "name")

// slow bounds what looks at the whole table.
func (t *tool) slow(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, max(t.timeout, 10*time.Minute))
}
