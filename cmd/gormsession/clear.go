package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// clear deletes expired rows.
func (t *tool) clear() *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use:   "clear",
		Short: "Delete expired rows",
		Long: `Deletes the rows that have expired, in batches of 1,000, as Plugin.ClearExpired does, by the
clock of the database. Servers go on meanwhile, and several may clear at once. Nobody is logged out
by it, so it needs no --yes; --dry-run counts. On a terminal it shows a bar, and in a log a line for
each tenth.

Of Django's table on SQLite and MySQL --django-time-zone says by which clock its rows end: there a
row does not tell, and with another zone sessions that live would be deleted.

The library deletes expired rows by itself after inserts. This is for a table that has many of them,
for WithCleanup(0), and for Django's table, in the place of manage.py clearsessions.`,
		Example: `  gormsession clear
  gormsession clear --django --django-time-zone UTC   # of a site where USE_TZ is True
  # in a crontab
  17 4 * * *  gormsession clear --dsn sqlite:/srv/shop/app.db`,
		RunE: func(c *cobra.Command, _ []string) error {
			if t.django.on {
				if err := t.needZone(); err != nil {
					return err
				}
			}
			b, err := t.visit()
			if err != nil {
				return err
			}
			counting, cancel := t.slow(c.Context())
			defer cancel()
			n, err := b.store.Own.Expired(counting)
			if err != nil {
				return err
			}
			if !dry {
				p := t.progress("expired rows deleted", n)
				n, err = b.store.ClearExpired(c.Context(), p.at)
				p.end()
			}
			if err != nil {
				return err
			}
			return t.print(&cleared{n, !dry})
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "count, and delete none")
	return c
}

// cleared says how many rows were deleted, or would be.
type cleared struct {
	Rows int64 `json:"rows"`
	Done bool  `json:"done"`
}

func (c *cleared) text(w io.Writer) {
	if c.Done {
		fmt.Fprintf(w, "%s deleted\n", count(c.Rows, "expired row"))
		return
	}
	fmt.Fprintf(w, "%s; nothing was done\n", count(c.Rows, "expired row"))
}
