package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// mostListed bounds what a page takes of memory.
const mostListed = 10_000

// list lists sessions.
func (t *tool) list() *cobra.Command {
	var user string
	var expired bool
	var after string
	var limit int
	c := &cobra.Command{
		Use:   "list",
		Short: "List sessions by their handles",
		Long: `Lists live sessions, those first that end last. A handle names a session for show and end, and
opens nothing. Who has logged in, when, and when the session was last seen is known where the table
has the columns of WithUsers. A session of WithKeyRotation leaves a row for its former key, which
is listed as one of nobody's.`,
		Example: `  gormsession list
  gormsession list --user 42
  gormsession list --limit 500 --after 2026-12-02T09:30:00.25Z/3ca1602cd317
  gormsession list --limit 10000 --json | jq -r '.sessions[] | select(.size > 100000) | .handle'`,
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > mostListed {
				return misusef("--limit is 1 to %d", mostListed)
			}
			place, err := placeOf(after)
			if err != nil {
				return err
			}
			b, err := t.visit()
			if err != nil {
				return err
			}
			if user != "" && !b.users {
				return errNoUsers
			}
			ctx, cancel := t.slow(c.Context())
			defer cancel()
			l := engine.Listing{Expired: expired, UserID: user, After: place,
				Limit: limit + 1} // to know whether there are more
			rows, err := b.store.Own.List(ctx, l)
			if err != nil {
				return err
			}
			r := &listing{Sessions: []session{}, users: b.users}
			if len(rows) > limit {
				rows = rows[:limit]
				r.Next = placeIn(rows[limit-1])
			}
			for _, row := range rows {
				r.Sessions = append(r.Sessions, sessionOf(row))
			}
			return t.print(r)
		},
	}
	c.Flags().StringVar(&user, "user", "", "those of this user alone")
	c.Flags().BoolVar(&expired, "expired", false, "those that have expired and were not cleared yet")
	c.Flags().IntVar(&limit, "limit", 50, fmt.Sprintf("how many on a page, up to %d", mostListed))
	c.Flags().StringVar(&after, "after", "", "the next page, by what the one before says")
	return c
}

// placeIn is the place of a row in the list, by which the next page begins whatever has ended
// meanwhile.
func placeIn(l engine.Listed) string {
	return l.Expire.UTC().Format(time.RFC3339Nano) + "/" + l.LogHandle()
}

// placeOf reads what placeIn has written, and nothing as the beginning.
func placeOf(text string) (p engine.Spot, err error) {
	if text == "" {
		return p, nil
	}
	at, handle, _ := strings.Cut(text, "/")
	p.Handle = strings.ToLower(handle)
	if p.Expire, err = time.Parse(time.RFC3339Nano, at); err != nil || !sessionkey.IsHandle(handle) {
		return p, misusef("--after %q: it is what list says where there are more", text)
	}
	return p, nil
}

var errNoUsers = errors.New("rows do not say whose they are: the table has no columns of " +
	"WithUsers; gormsession migrate --users adds them")

// A session is what is shown of a row. It has no key.
type session struct {
	Handle   string     `json:"handle"`
	User     string     `json:"user,omitempty"`
	Created  *time.Time `json:"created,omitempty"`
	LastSeen *time.Time `json:"last_seen,omitempty"`
	Expires  *time.Time `json:"expires"`
	Size     int64      `json:"size"`
	Address  string     `json:"address,omitempty"`
	Agent    string     `json:"agent,omitempty"`
}

func sessionOf(l engine.Listed) session {
	return session{
		Handle: l.Handle(), User: l.UserID, Created: instant(l.Created),
		LastSeen: instant(l.LastSeen), Expires: instant(l.Expire), Size: l.Size,
		Address: l.Address, Agent: l.Agent,
	}
}

// A listing is a page of sessions.
type listing struct {
	Sessions []session `json:"sessions"`
	Next     string    `json:"next,omitempty"` // where there are more, for --after
	users    bool
}

func (l *listing) text(w io.Writer) {
	rows := [][]string{{"HANDLE", "EXPIRES", "SIZE"}}
	if l.users {
		rows[0] = append(rows[0], "USER", "CREATED", "LAST SEEN", "ADDRESS", "AGENT")
	}
	for _, s := range l.Sessions {
		row := []string{printable(s.Handle), moment(s.Expires), sized(s.Size)}
		if l.users {
			row = append(row, orDash(s.User), moment(s.Created), moment(s.LastSeen), orDash(s.Address),
				orDash(shortened(s.Agent)))
		}
		rows = append(rows, row)
	}
	columns(w, rows)
	switch {
	case l.Next != "":
		fmt.Fprintln(w, "there are more: --after "+l.Next)
	case len(l.Sessions) == 0:
		fmt.Fprintln(w, "there are none")
	}
}

// shortened is a text as a column takes it.
func shortened(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
