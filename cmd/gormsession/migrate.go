package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

// migrate makes the table, or adds the columns of users to it.
func (t *tool) migrate() *cobra.Command {
	var users, do bool
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Make the table, or add the columns that it lacks",
		Long: `Makes the table where it is missing, and with --users adds the columns of WithUsers to one
that is there, with their index. Nothing else of a table is altered, and nothing of Django's.
Without --yes it prints the statements and executes none.

Servers that know nothing of the columns may run meanwhile. An index takes a scan of the table,
for which writes wait on PostgreSQL: on a large one execute what is printed by hand, the index as
CREATE INDEX CONCURRENTLY.`,
		Example: `  gormsession migrate --dsn sqlite:app.db
  gormsession migrate --dsn sqlite:app.db --users --yes`,
		RunE: func(*cobra.Command, []string) error { return t.runMigrate(users, do) },
	}
	c.Flags().BoolVar(&users, "users", false, "with the columns of WithUsers")
	yes(c, &do, "which statements")
	return c
}

func (t *tool) runMigrate(users, do bool) error {
	if err := t.find(); err != nil {
		return err
	}
	var db *gorm.DB
	var err error
	if do || t.source.exists() {
		db, err = t.open(true)
	} else { // to open the file would make it
		db, err = openBlank(t.source.engine)
	}
	if err != nil {
		return err
	}
	opts, err := t.layout()
	if err != nil {
		return err
	}
	opts = append(opts, gormsession.WithLogger(t.warnings()), gormsession.WithTimeout(t.timeout))
	if users {
		opts = append(opts, gormsession.WithUsers())
	}
	statements, err := gormsession.MigrationSQL(db, opts...)
	if err == nil && do && len(statements) > 0 {
		err = gormsession.Migrate(db, opts...)
	}
	if err != nil {
		return err
	}
	return t.print(&migration{list(statements), do && len(statements) > 0})
}

// A migration says what was done, or would be.
type migration struct {
	Statements []string `json:"statements"`
	Done       bool     `json:"done"`
}

func (m *migration) text(w io.Writer) {
	script(w, m.Statements)
	switch {
	case len(m.Statements) == 0:
		fmt.Fprintln(w, "nothing is to be done")
	case m.Done:
		fmt.Fprintln(w, "-- done")
	default:
		fmt.Fprintln(w, "-- nothing was done; --yes does it")
	}
}
