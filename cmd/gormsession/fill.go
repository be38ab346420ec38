package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/engine"
)

// fill says whose the sessions are that were there before WithUsers.
func (t *tool) fill() *cobra.Command {
	var keysFile string
	var do bool
	c := &cobra.Command{
		Use:   "fill ENTRY",
		Short: "Say whose the sessions are that were there before WithUsers",
		Long: `Says whose the live sessions are that the application has logged in by an entry of its
own, as Plugin.FillUsers does: list and end --user, and the calls of WithUsers, find them from then
on. The table needs the columns of WithUsers, which migrate --users adds. Servers go on meanwhile,
nobody is logged out, and a row that says already whose it is stays as it is. Call it until it fills
none, once all servers call LogIn.

ENTRY has to hold who has logged in, and nothing else: what was filled is not taken back. Where rows
are sealed all keys are needed, the first of which seals what is filled. Without --yes it counts. It
exits with 3 where rows could not be read.`,
		Example: `  gormsession migrate --users --yes
  gormsession fill user_id
  gormsession fill user_id --yes`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if t.django.on {
				return errors.New("rows of Django's table do not say whose they are; move them first")
			}
			keys, err := t.keys(keysFile)
			if err != nil {
				return err
			}
			var opts []gormsession.Option
			if keys != nil {
				opts = append(opts, gormsession.WithEncryption(keys...))
			}
			b, err := t.visit(opts...)
			if err != nil {
				return err
			}
			if !b.users {
				return errNoUsers
			}
			r := &filled{Entry: args[0], Done: do}
			if err := t.runFill(c.Context(), b, r); err != nil {
				return err
			}
			if err := t.print(r); err != nil || r.Unreadable == 0 {
				return err
			}
			return errAttend
		},
	}
	keysFlag(c, &keysFile)
	yes(c, &do, "how many sessions would get their user")
	return c
}

func (t *tool) runFill(ctx context.Context, b *base, r *filled) error {
	if !r.Done {
		revise, err := engine.FillingOf(b.plugin, r.Entry)
		if err != nil {
			return err
		}
		would, err := b.store.Own.Rehearse(ctx, revise)
		r.is(gormsession.FilledUsers(would))
		return err
	}
	_, all, err := b.store.Own.Rows(ctx, "")
	if err != nil {
		return err
	}
	p := t.progress("rows looked at", all)
	done, err := b.plugin.FillUsers(ctx, r.Entry, func(f gormsession.FilledUsers) {
		p.at(int64(f.Rows + f.Skipped + f.Unreadable))
	})
	p.end()
	r.is(done)
	return err
}

// filled says what was done, or would be.
type filled struct {
	Entry      string `json:"entry"`
	Rows       int    `json:"rows"`
	Skipped    int    `json:"skipped"`
	Unreadable int    `json:"unreadable"`
	Done       bool   `json:"done"`
}

func (f *filled) is(r gormsession.FilledUsers) {
	f.Rows, f.Skipped, f.Unreadable = r.Rows, r.Skipped, r.Unreadable
}

func (f *filled) text(w io.Writer) {
	what := count(int64(f.Rows), "session")
	if f.Done {
		fmt.Fprintln(w, what, "got a user")
	} else {
		fmt.Fprintln(w, what, "would get a user; nothing was done, --yes does it")
	}
	if f.Skipped > 0 {
		fmt.Fprintf(w, "%s stay nobody's: there is no entry %s, or it names nobody\n",
			count(int64(f.Skipped), "session"), printable(f.Entry))
	}
	if f.Unreadable > 0 {
		fmt.Fprintf(w, "%s cannot be read, and stay: with which keys were they sealed?\n",
			count(int64(f.Unreadable), "row"))
	}
}
