package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/seed7368b609/gormsession"
)

// reseal seals rows anew.
func (t *tool) reseal() *cobra.Command {
	var keysFile string
	var open, do bool
	c := &cobra.Command{
		Use:   "reseal",
		Short: "Seal all rows with the first key, or open them",
		Long: `Stores the data of each live row as a save would now: sealed by WithEncryption with the first of
the keys, or open with --open. Servers go on meanwhile, and nobody is logged out, where all of them
have the keys already: a row whose key a server has not is a 503 there. So put a new key behind the
old one on all servers, then before it, then reseal, then take the old one out.

Keys come from a file, standard input or the environment, and never from the command line. A key is
named by eight digits that say nothing of it. Without --yes it counts. It exits with 3 where rows
had to stay, as their key was not given: keep the old keys then.`,
		Example: `  openssl rand -base64 32 > new.txt
  cat new.txt old.txt | gormsession reseal --keys-file - --yes
  gormsession reseal --open --keys-file old.txt --yes`,
		RunE: func(c *cobra.Command, _ []string) error {
			keys, err := t.keys(keysFile)
			switch {
			case err != nil:
				return err
			case len(keys) == 0:
				return misusef("with which keys? --keys-file names a file, and $%s has them", keysVariable)
			case t.django.on:
				return errors.New("rows of Django's table stay open, as Django could not read them; move " +
					"them first")
			}
			seal := gormsession.WithEncryption(keys...)
			if open {
				seal = gormsession.WithDecryption(keys...)
			}
			b, err := t.visit(seal)
			if err != nil {
				return err
			}
			counting, cancel := t.slow(c.Context())
			defer cancel()
			seals, err := b.store.Own.Seals(counting)
			if err != nil {
				return err
			}
			r := t.resealing(seals, open)
			if do {
				p := t.progress("rows sealed", int64(r.Rows))
				done, err := b.plugin.Reseal(c.Context(), func(done gormsession.Resealed) {
					p.at(int64(done.Rows))
				})
				p.end()
				if err != nil {
					return err
				}
				r.Rows, r.Unreadable, r.Done = done.Rows, done.Unreadable, true
			}
			if err := t.print(r); err != nil || r.Unreadable == 0 {
				return err
			}
			return errAttend
		},
	}
	c.Flags().BoolVar(&open, "open", false, "store rows open, as with WithDecryption")
	keysFlag(c, &keysFile)
	yes(c, &do, "how many rows would be written")
	return c
}

// resealing says what there is to do.
func (t *tool) resealing(seals map[string]int64, open bool) *resealed {
	r := &resealed{Open: seals[""], Sealed: seals}
	delete(seals, "")
	first := t.keyIDs[0]
	for id, n := range seals {
		switch {
		case !slices.Contains(t.keyIDs, id):
			r.Unreadable += int(n)
		case open || id != first:
			r.Rows += int(n)
		}
	}
	if !open {
		r.With = first
		r.Rows += int(r.Open)
	}
	return r
}

// resealed says what was done, or would be.
type resealed struct {
	Sealed     map[string]int64 `json:"sealed_before"`
	Open       int64            `json:"open_before"`
	With       string           `json:"with,omitempty"`
	Rows       int              `json:"rows"`
	Unreadable int              `json:"unreadable"`
	Done       bool             `json:"done"`
}

func (r *resealed) text(w io.Writer) {
	fmt.Fprintf(w, "live rows before: %s\n", sealed(r.Sealed, r.Open))
	how := "are open now"
	if r.With != "" {
		how = "are sealed with the key " + r.With + " now"
	}
	if !r.Done {
		how = "would be stored open; nothing was done, --yes does it"
		if r.With != "" {
			how = "would be sealed with the key " + r.With + "; nothing was done, --yes does it"
		}
	}
	fmt.Fprintf(w, "%s %s\n", count(int64(r.Rows), "row"), how)
	if r.Unreadable > 0 {
		fmt.Fprintf(w, "%s cannot be read with these keys, and stay as they are: keep the old keys\n",
			count(int64(r.Unreadable), "row"))
	}
}
