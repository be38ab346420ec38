package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
)

// schema prints how the table is made, and asks no database.
func (t *tool) schema() *cobra.Command {
	var engine, model, format string
	c := &cobra.Command{
		Use:   "schema",
		Short: "Print the statements that make the table",
		Long: `Prints the statements that make the table, for a migration of the application's own. No
database is asked: the engine is that of --engine, or else of --dsn.

The models are
  plain   the three columns of gormsession.Session
  users   those of gormsession.UserSession, for WithUsers
  django  those of Django's django_session, with its indexes

Columns of a model of WithModel are the application's: add them. What an existing table lacks
says gormsession migrate.`,
		Example: `  # goose
  gormsession schema --engine postgres --model users --format goose > migrations/0007_sessions.sql
  # Flyway
  gormsession schema --engine mysql > sql/V7__sessions.sql
  # atlas, as a part of the desired state
  gormsession schema --engine sqlite --table shop_sessions >> schema.sql`,
		RunE: func(c *cobra.Command, _ []string) error {
			if t.django.on {
				if c.Flags().Changed("model") && model != "django" {
					return misusef("--model %q and --django: choose one", model)
				}
				model = "django"
			}
			if engine == "" {
				if err := t.find(); err != nil {
					return misusef("which engine? --engine or --dsn says it")
				}
				engine = t.source.engine
			}
			statements, err := t.ddl(engine, model)
			if err != nil {
				return err
			}
			table := t.table
			if table == "" {
				table = gormsession.Session{}.TableName()
				if model == "django" {
					table = "django_session"
				}
			}
			switch format {
			case "sql", "goose":
				return t.print(&schemaReport{statements, quoted(engine, table), format})
			}
			return misusef("--format %q: it is sql or goose", format)
		},
	}
	c.Flags().StringVar(&engine, "engine", "", "sqlite, postgres or mysql")
	c.Flags().StringVar(&model, "model", "plain", "plain, users or django; with --django django")
	c.Flags().StringVar(&format, "format", "sql",
		"sql, or goose with its annotations and the way back")
	choices(c, "engine", "sqlite", "postgres", "mysql")
	choices(c, "model", "plain", "users", "django")
	choices(c, "format", "sql", "goose")
	return c
}

// ddl are the statements that make the table of a model.
func (t *tool) ddl(engine, model string) ([]string, error) {
	db, err := openBlank(engine)
	if err != nil {
		return nil, err
	}
	var opts []gormsession.Option
	switch model {
	case "plain":
	case "users":
		opts = append(opts, gormsession.WithUsers())
	case "django":
		opts = append(opts, django.Compatible(django.Config{SecretKey: "of no table"}))
	default:
		return nil, misusef("--model %q: it is plain, users or django", model)
	}
	if t.table != "" {
		opts = append(opts, gormsession.WithTable(t.table))
	}
	return gormsession.MigrationSQL(db, opts...)
}

// quoted is the name of a table as a statement has it.
func quoted(engine, table string) string {
	mark := `"`
	if engine != "postgres" {
		mark = "`"
	}
	parts := strings.Split(table, ".")
	for i, part := range parts {
		parts[i] = mark + strings.ReplaceAll(part, mark, mark+mark) + mark
	}
	return strings.Join(parts, ".")
}

// A schemaReport are statements as migrations have them.
type schemaReport struct {
	Statements    []string `json:"statements"`
	table, format string   // table is quoted
}

func (r *schemaReport) text(w io.Writer) {
	if r.format == "goose" {
		fmt.Fprintln(w, "-- +goose Up")
	}
	script(w, r.Statements)
	if r.format == "goose" {
		fmt.Fprintf(w, "\n-- +goose Down\nDROP TABLE %s;\n", r.table)
	}
}

// script writes statements as a file of SQL has them.
func script(w io.Writer, statements []string) {
	for _, statement := range statements {
		fmt.Fprintln(w, strings.TrimSuffix(strings.TrimSpace(statement), ";")+";")
	}
}

// choices completes a flag in the shell.
func choices(c *cobra.Command, flag string, values ...string) {
	_ = c.RegisterFlagCompletionFunc(flag, // which fails for a flag that there is not
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return slices.Clone(values), cobra.ShellCompDirectiveNoFileComp
		})
}
