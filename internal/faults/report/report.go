// Package report writes what the cases have found into a page, of which nothing is typed by hand.
package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// A Row is what one case has found on one database.
type Row struct {
	Case, Name        string // Name tells the rows of a case apart
	Database, Configs string
	Rule              string // what has to hold
	Seed              uint64
	Took              time.Duration

	Requests, Done, Unavailable, Unknown, Gone int64

	Faults   int64         // how many times the fault happened
	Checked  int64         // facts that were compared with what there is
	Violated int64         // of them
	Recovery time.Duration // the longest from the end of a fault to a client's next success
	Note     string        // a figure of the case's own
}

// A Run is all that was found, and where.
type Run struct {
	Form     string
	When     time.Time
	Took     time.Duration
	Machine  string
	Versions []string
	Revision string
	Seed     uint64
	Command  string
	Rows     []Row
}

// Title begins the page.
//
//go:embed title.md
var Title string

const (
	begin = "<!-- made by %s -->"
	end   = "<!-- end of %s -->"
)

// Put puts a part into a page, in the place of the one of that name, or at the end. A page that is
// not there is begun with title.
func Put(path, title, name, part string) error {
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if len(text) == 0 {
		text = []byte(title)
	}
	from, to := fmt.Sprintf(begin, name), fmt.Sprintf(end, name)
	part = from + "\n\n" + strings.TrimSpace(part) + "\n\n" + to
	before, rest, found := bytes.Cut(text, []byte(from))
	if !found {
		text = append(bytes.TrimRight(text, "\n"), ("\n\n" + part + "\n")...)
		return os.WriteFile(path, text, 0o644)
	}
	_, after, found := bytes.Cut(rest, []byte(to))
	if !found {
		return fmt.Errorf("%s: %q has no %q", path, from, to)
	}
	return os.WriteFile(path, []byte(string(before)+part+string(after)), 0o644)
}

// Text is the part of the page that shows a run.
func (r Run) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Made by `%s`. Nothing of it is typed by hand.\n\n", r.Command)
	fmt.Fprintf(&b, "- **when**: %s, for %s, in the %s form\n",
		r.When.UTC().Format("2 January 2006, 15:04 MST"), r.Took.Round(time.Second), r.Form)
	fmt.Fprintf(&b, "- **machine**: %s\n- **gormsession**: %s\n- **seed**: %d\n",
		r.Machine, r.Revision, r.Seed)
	for _, v := range r.Versions {
		fmt.Fprintf(&b, "- %s\n", v)
	}
	b.WriteString("\n" + r.Sum() + "\n")
	for _, name := range r.cases() {
		fmt.Fprintf(&b, "\n### %s\n\n", name)
		header := false
		for _, row := range r.Rows {
			if row.Case != name {
				continue
			}
			if !header {
				header = true
				fmt.Fprintf(&b, "%s\n\n| database | `gorm.Config` | faults | requests | done | "+
					"unavailable | unknown | gone | compared | wrong | worst recovery | took | |\n"+
					"|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n", row.Rule)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n",
				row.Database, row.Configs, number(row.Faults), number(row.Requests), number(row.Done),
				number(row.Unavailable), number(row.Unknown), number(row.Gone), number(row.Checked),
				number(row.Violated), short(row.Recovery), short(row.Took), row.Note)
		}
	}
	return b.String()
}

// Sum says what there is of all.
func (r Run) Sum() string {
	var all Row
	for _, row := range r.Rows {
		all.Requests += row.Requests
		all.Faults += row.Faults
		all.Done += row.Done
		all.Checked += row.Checked
		all.Violated += row.Violated
		all.Recovery = max(all.Recovery, row.Recovery)
	}
	return fmt.Sprintf("Of %s requests, through %s faults, %s were acknowledged. %s facts were "+
		"compared with what the clients had been told, of which **%s were wrong**. The worst recovery "+
		"of a client, from the end of a fault to its next success, took %s.",
		number(all.Requests), number(all.Faults), number(all.Done), number(all.Checked),
		number(all.Violated), short(all.Recovery))
}

// cases lists the cases in the order in which they ran.
func (r Run) cases() (names []string) {
	for _, row := range r.Rows {
		if !slices.Contains(names, row.Case) {
			names = append(names, row.Case)
		}
	}
	return names
}

// number writes a number with commas.
func number(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func short(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
