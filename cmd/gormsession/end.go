package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/seal"
)

// end ends sessions.
func (t *tool) end() *cobra.Command {
	var user, keysFile string
	var everybody, do bool
	c := &cobra.Command{
		Use:   "end [HANDLE]",
		Short: "End a session, those of a user, or all",
		Long: `Ends the session of a handle, all of a user, or those of everybody: whoever has one is logged
out, on all servers, with the next request, and no request that is running brings it back. Without
--yes it says how many there are, and ends none.

It ends those of one table. While servers have WithFormer a session may be in either of two: end
them in the new table, in the former one, by --table or --django, and in the new one again.

A session that WithKeyRotation has given a new key is found by the handle of the former one, for
which a row that is sealed needs the keys. Without them it exits with 3, and ends that row alone.

--everybody goes on at an interrupt, for half of an end would be none; a second one stops it.`,
		Example: `  gormsession end 4f2a9c01d3be --yes
  gormsession end --user 42 --yes
  gormsession end --everybody --yes`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			named, ways := len(args) == 1, 0
			for _, way := range []bool{named, user != "", everybody} {
				if way {
					ways++
				}
			}
			if ways != 1 {
				return misusef("which sessions? take one of HANDLE, --user and --everybody")
			}
			var opts []gormsession.Option
			if named { // the others need no key
				var err error
				if opts, err = t.decryption(keysFile); err != nil {
					return err
				}
			}
			b, err := t.visit(opts...)
			if err != nil {
				return err
			}
			ctx := c.Context()
			r := &ended{User: user, Done: do}
			switch {
			case named:
				r.Handle, r.Sessions = args[0], 1
				r.SealedBy, err = t.endOne(ctx, b, args[0], do)
			case user != "" && !b.users:
				err = errNoUsers
			case !do:
				r.Live = new(int64)
				r.Sessions, *r.Live, err = b.store.Own.Rows(ctx, user)
			case everybody:
				r.Sessions, err = b.plugin.EndEverybody(ctx)
			default:
				r.Sessions, err = b.plugin.EndAll(ctx, user)
			}
			if err != nil {
				return err
			}
			if err := t.print(r); err != nil || r.SealedBy == "" {
				return err
			}
			return errAttend
		},
	}
	keysFlag(c, &keysFile)
	c.Flags().StringVar(&user, "user", "", "all sessions of this user")
	c.Flags().BoolVar(&everybody, "everybody", false, "all sessions, of visitors too")
	yes(c, &do, "how many would end")
	return c
}

// endOne ends the session of a handle, as the application itself would. Where nobody can tell
// whether the session goes on under another key it returns the key that the row is sealed with.
func (t *tool) endOne(
	ctx context.Context, b *base, handle string, do bool,
) (sealedBy string, err error) {
	row, err := t.named(ctx, b, handle)
	if err != nil {
		return "", err
	}
	if _, err := b.store.Decode(row.Key, row.Data); err != nil && row.UserID == "" {
		sealedBy = seal.IDOf(row.Data)
	}
	if !do {
		return sealedBy, nil
	}
	return sealedBy, t.endRow(ctx, b, row)
}

// endRow ends the session of a row that was read. That it has ended meanwhile is an error.
func (t *tool) endRow(ctx context.Context, b *base, row engine.Listed) (err error) {
	there := false
	if row.UserID != "" && row.PublicID != "" {
		there, err = b.plugin.End(ctx, row.UserID, row.PublicID)
	} else {
		ctx, cancel := context.WithTimeout(ctx, t.timeout)
		defer cancel()
		var n int64
		_, n, err = b.store.DeleteRow(ctx, row.Key, replacedBy)
		there = n > 0
	}
	if err == nil && !there {
		err = errors.New("the session has ended meanwhile, or has got a new key; list shows it then")
	}
	return err
}

// ended says how many sessions have ended, or would.
type ended struct {
	Handle   string `json:"handle,omitempty"`
	User     string `json:"user,omitempty"`
	Sessions int64  `json:"sessions"`       // those that have expired too
	Live     *int64 `json:"live,omitempty"` // of them, where they were counted
	Done     bool   `json:"done"`
	SealedBy string `json:"sealed_by,omitempty"` // so that it may go on under another key
}

func (e *ended) text(w io.Writer) {
	what := count(e.Sessions, "session")
	if e.User != "" {
		what += " of the user " + printable(e.User)
	}
	switch {
	case e.Done:
		fmt.Fprintln(w, what, "ended")
	case e.Live != nil:
		fmt.Fprintf(w, "%s would end, of which %d live; nothing was done, --yes does it\n", what, *e.Live)
	default:
		fmt.Fprintln(w, what, "would end; nothing was done, --yes does it")
	}
	if e.SealedBy != "" {
		fmt.Fprintf(w, "its row is sealed: if the session got another key by WithKeyRotation, it is "+
			"found by the key %s alone: --keys-file, or $%s\n", e.SealedBy, keysVariable)
	}
}
