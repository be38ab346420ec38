package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const about = `gormsession looks after the table in which package gormsession keeps sessions.

The database is named by --dsn, or by GORMSESSION_DSN in the environment, which other accounts of
the machine cannot read as they can a command line:

  sqlite:app.db                                    a file; options follow a question mark
  postgres://user:password@host:5432/db            also "host=... dbname=..."
  mysql://user:password@tcp(host:3306)/db          also without the mysql://

A session is named by its handle, which the lists show and which opens nothing. No command shows a
key. What destroys something says what it would do, and does it with --yes.

It exits with
  0  done
  1  an error, which is on standard error
  2  a command line that is not understood
  3  done, and there is something to look at: doctor has found a fault, or a row had to stay`

const examples = `  export GORMSESSION_DSN=postgres://shop@db.internal/shop
  gormsession doctor
  gormsession list --user 42
  gormsession end 4f2a9c01d3be --yes`

// command is the program's command line.
func (t *tool) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "gormsession",
		Short:         "Looks after the sessions of package gormsession",
		Long:          about,
		Example:       examples,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          known,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },

		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return t.checkFlags(c) },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return misusedFlag(err) })
	flags := root.PersistentFlags()
	flags.StringVar(&t.dsn, "dsn", "", "the database; by default $"+dsnVariable)
	flags.StringVar(&t.table, "table", "",
		"the table (default web_sessions, with --django django_session)")
	flags.DurationVar(&t.timeout, "timeout", 30*time.Second, "what one statement may take")
	flags.BoolVar(&t.json, "json", false, "print JSON, for scripts")
	flags.BoolVar(&t.django.on, "django", false, "the table is Django's, or made like it")
	flags.StringVar(&t.django.secretFile, "django-secret-file", "",
		"a file with SECRET_KEY, and in lines that follow SECRET_KEY_FALLBACKS;\n"+
			"by default $"+djangoVariable)
	flags.StringVar(&t.django.salt, "django-salt", "",
		"the salt of a session store of the site's own")
	flags.StringVar(&t.django.zone, "django-time-zone", "",
		"TIME_ZONE where USE_TZ is False,\nUTC where it is True")
	root.AddCommand(t.schema(), t.migrate(), t.list(), t.show(), t.end(), t.clear(), t.stats(),
		t.fill(), t.reseal(), t.move(), t.doctor())
	for _, c := range root.Commands() {
		c.Args = misused(c.Args)
	}
	return root
}

// checkFlags refuses flags that say nothing, as by a variable that nobody has set: what they have
// by default is another database, or more sessions, than were meant.
func (t *tool) checkFlags(c *cobra.Command) error {
	for _, flag := range []string{
		"dsn", "table", "from", "user", "keys-file", "django-secret-file",
	} {
		text, err := c.Flags().GetString(flag)
		if err == nil && text == "" && c.Flags().Changed(flag) {
			return misusef("--%s is empty; leave it out for its default", flag)
		}
	}
	if t.timeout <= 0 {
		return misusef("--timeout %v: a statement needs some time", t.timeout)
	}
	return nil
}

// known refuses a command that there is not.
func known(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if mayBeSecret(args[0]) {
		return errArgument
	}
	hint := ""
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "; is it " + strings.Join(near, " or ") + "?"
	}
	return misusef("there is no command %q%s", args[0], hint)
}

// errArgument is what is said of an argument that is not shown.
var errArgument = misusef("an argument is not understood; the database is named by --dsn, or $%s",
	dsnVariable)

// mayBeSecret tells whether a text may be a DSN, with a password in it.
func mayBeSecret(text string) bool {
	return strings.ContainsAny(text, "@=") || strings.Contains(text, "://")
}

// misusedFlag is an error of a flag, without what may be a DSN that was given to another.
func misusedFlag(err error) error {
	text, _, _ := strings.Cut(err.Error(), "=")
	if mayBeSecret(text) {
		return errArgument
	}
	return misuse{errors.New(text)}
}

// misused has errors of the arguments count as such.
func misused(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		check = cobra.NoArgs
	}
	return func(c *cobra.Command, args []string) error {
		if slices.ContainsFunc(args, mayBeSecret) {
			return errArgument
		}
		if err := check(c, args); err != nil {
			return misuse{err}
		}
		return nil
	}
}

// yes adds the flag without which nothing is changed.
func yes(c *cobra.Command, to *bool, what string) {
	c.Flags().BoolVar(to, "yes", false, "do it; without, it is only said "+what)
}
