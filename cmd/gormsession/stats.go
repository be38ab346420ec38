package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// What histograms are made of.
var (
	sizes = []int64{256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20}
	spans = []time.Duration{
		time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour,
	}
	spanNames = []string{"an hour", "a day", "a week", "30 days", "a year"}
)

// stats counts what the table holds.
func (t *tool) stats() *cobra.Command {
	return &cobra.Command{
		Use:   "stats",
		Short: "Count sessions by age and size",
		Long: `Counts the sessions that live and the rows that have expired, and draws how large the live ones
are and how long they have still to live; where the table has the columns of WithUsers, also how old
they are and when they were last seen. It looks at the whole table twice, and locks nothing.`,
		Example: `  gormsession stats
  gormsession stats --json | jq .live`,
		RunE: func(c *cobra.Command, _ []string) error {
			b, err := t.visit()
			if err != nil {
				return err
			}
			ctx, cancel := t.slow(c.Context())
			defer cancel()
			census, err := b.store.Own.Census(ctx, sizes, spans)
			if err != nil {
				return err
			}
			seals, err := b.store.Own.Seals(ctx)
			if err != nil {
				return err
			}
			s := &statistics{
				Live: census.Live, Expired: census.Expired, Bytes: census.Bytes, Largest: census.Largest,
				Sizes: histogram("up to ", sizeNames(), "more", census.Sizes),
				Ends:  histogram("within ", spanNames, "later", census.Left),
				Ages:  histogram("up to ", spanNames, "more", census.Ages),
				Idle:  histogram("up to ", spanNames, "more", census.Idle),
			}
			if b.users {
				s.LoggedIn, s.Users = &census.LoggedIn, &census.Users
			}
			open := seals[""]
			if delete(seals, ""); len(seals) > 0 {
				s.Open, s.Sealed = &open, seals
			}
			return t.print(s)
		},
	}
}

func sizeNames() (names []string) {
	for _, size := range sizes {
		names = append(names, strings.Replace(sized(size), ".0", "", 1))
	}
	return names
}

// statistics are what the table holds.
type statistics struct {
	Live     int64            `json:"live"`
	Expired  int64            `json:"expired"`
	LoggedIn *int64           `json:"logged_in,omitempty"`
	Users    *int64           `json:"users,omitempty"`
	Bytes    int64            `json:"bytes"`
	Largest  int64            `json:"largest"`
	Open     *int64           `json:"open,omitempty"`
	Sealed   map[string]int64 `json:"sealed,omitempty"`
	Sizes    []bar            `json:"sizes"`
	Ends     []bar            `json:"ends"`
	Ages     []bar            `json:"ages,omitempty"`
	Idle     []bar            `json:"idle,omitempty"`
}

func (s *statistics) text(w io.Writer) {
	rows := [][]string{{"live", fmt.Sprint(s.Live)}, {"expired", fmt.Sprint(s.Expired)}}
	if s.Users != nil {
		rows = append(rows, []string{"logged in",
			fmt.Sprintf("%d, of %s", *s.LoggedIn, count(*s.Users, "user"))})
	}
	rows = append(rows, []string{"data", fmt.Sprintf("%s, %s each, %s the largest",
		sized(s.Bytes), sized(s.Bytes/max(s.Live, 1)), sized(s.Largest))})
	if s.Open != nil {
		rows = append(rows, []string{"sealed", sealed(s.Sealed, *s.Open)})
	}
	columns(w, rows)
	for _, h := range []struct {
		title string
		bars  []bar
	}{
		{"size", s.Sizes}, {"ends", s.Ends}, {"age", s.Ages}, {"last seen", s.Idle},
	} {
		if len(h.bars) > 0 {
			fmt.Fprintf(w, "\n%s\n", h.title)
			draw(w, h.bars)
		}
	}
}
