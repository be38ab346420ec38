package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// move moves Django's sessions to the own table.
func (t *tool) move() *cobra.Command {
	var from, keysFile string
	var do bool
	c := &cobra.Command{
		Use:   "move",
		Short: "Move Django's sessions to the table of this library",
		Long: `Moves the live sessions of Django's table to that of this library, where keys are hashed, as
django.MoveToHashed does: keys, data and expiry stay, and nobody is logged out. Servers go on
meanwhile, where all of them know both tables by WithFormer; docs/django.md is the way there. The
new table, --table, is made where it is missing.

SECRET_KEY comes from a file or the environment. On SQLite and MySQL --django-time-zone says by
which clock Django's rows end, as they do not tell: with another zone sessions that live would be
taken for expired, or the other way round. Without --yes it counts what would move, and reads
each row for that; rows whose key the new table has already show with --yes alone. It exits with 3
where rows had to stay.`,
		Example: `  gormsession move --django-secret-file secret.txt --django-time-zone UTC
  gormsession move --django-secret-file secret.txt --django-time-zone UTC --yes
  # sealed at once, from a site where USE_TZ is False
  gormsession move --django-secret-file secret.txt --django-time-zone Asia/Tokyo \
    --keys-file keys.txt --yes`,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := t.django.option(t)
			switch {
			case err != nil:
				return err
			case !t.django.hasSecret:
				return misusef("SECRET_KEY is needed: --django-secret-file names a file, and $%s has it",
					djangoVariable)
			case t.django.on:
				return misusef("--django is of no use here: --table is the new table, and --from Django's")
			}
			if err := t.needZone(); err != nil {
				return err
			}
			old := []gormsession.Option{config, gormsession.WithoutMigration()}
			if from != "" {
				old = append(old, gormsession.WithTable(from))
			}
			r, err := t.runMove(c.Context(), gormsession.WithOptions(old...), keysFile, do)
			if err != nil {
				return err
			}
			if err := t.print(r); err != nil || r.Malformed+r.Undecodable+r.Taken == 0 {
				return err
			}
			return errAttend
		},
	}
	c.Flags().StringVar(&from, "from", "", "Django's table (default django_session)")
	keysFlag(c, &keysFile)
	yes(c, &do, "what would move")
	return c
}

func (t *tool) runMove(
	ctx context.Context, old gormsession.Option, keysFile string, do bool,
) (*moved, error) {
	keys, err := t.keys(keysFile)
	if err != nil {
		return nil, err
	}
	db, err := t.open(false)
	if err != nil {
		return nil, err
	}
	own, err := t.options(db)
	if err != nil {
		return nil, err
	}
	log := gormsession.WithLogger(t.warnings())
	own = append(own, log, gormsession.WithCookieName("sessionid")) // of which a move has no use
	if keys != nil {
		own = append(own, gormsession.WithEncryption(keys...))
	}
	opts := append(own, gormsession.WithFormer(old))
	statements, err := gormsession.MigrationSQL(db, opts...)
	if err != nil {
		return nil, err
	}
	clock, err := engine.NewClock(db, t.now, t.timeout)
	if err != nil {
		return nil, err
	}
	former, err := gormsession.New(db, old, log, gormsession.WithClock(clock.Now),
		gormsession.WithTimeout(t.timeout))
	if err != nil {
		return nil, err
	}
	r := &moved{Statements: list(statements), Done: do}
	if !do {
		return r, r.rehearse(ctx, engine.StoreOf(former).Own)
	}
	_, all, err := engine.StoreOf(former).Own.Rows(ctx, "")
	if err != nil {
		return nil, err
	}
	plugin, err := gormsession.New(db, opts...)
	if err != nil {
		return nil, err
	}
	p := t.progress("sessions moved", all)
	done, err := engine.StoreOf(plugin).MoveFormer(ctx, func(m engine.Moved) { p.at(int64(m.Rows)) })
	p.end()
	r.Rows, r.Malformed = done.Rows, done.Malformed
	r.Undecodable, r.Taken = done.Undecodable, done.Taken
	return r, err
}

// moved says what was moved, or would be.
type moved struct {
	Statements  []string `json:"statements"`
	Rows        int      `json:"rows"`
	Malformed   int      `json:"malformed"`
	Undecodable int      `json:"undecodable"`
	Taken       int      `json:"taken"`
	Done        bool     `json:"done"`
}

// rehearse counts what a move would do.
func (m *moved) rehearse(ctx context.Context, django *engine.Table) error {
	own := layout.Own()
	return django.Each(ctx, func(key string, decode func() (map[string]json.RawMessage, error)) {
		if !own.WellFormed(key) {
			m.Malformed++
		} else if _, err := decode(); err != nil {
			m.Undecodable++
		} else {
			m.Rows++
		}
	})
}

func (m *moved) text(w io.Writer) {
	script(w, m.Statements)
	if m.Done {
		fmt.Fprintf(w, "%s moved\n", count(int64(m.Rows), "session"))
	} else {
		fmt.Fprintf(w, "%s would move, but for those whose key the table "+
			"has already; nothing was done, --yes does it\n",
			count(int64(m.Rows), "session"))
	}
	for _, left := range []struct {
		n   int
		why string
	}{
		{m.Malformed, "their keys are not 32 of a to z and 0 to 9"},
		{m.Undecodable, "SECRET_KEY or the salt does not fit, or they are damaged"},
		{m.Taken, "the table has a row of that key"},
	} {
		if left.n > 0 {
			fmt.Fprintf(w, "%s stay: %s\n", count(int64(left.n), "row"), left.why)
		}
	}
}
