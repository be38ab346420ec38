package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/engine"
)

// A finding is one thing that doctor has looked at.
type finding struct {
	Level level  `json:"level"`
	What  string `json:"what"`
	Mend  string `json:"mend,omitempty"`
}

// A level says how much a finding matters.
type level string

const (
	isFine  level = "ok"
	isHint  level = "hint"  // it may be as it should be
	isFault level = "fault" // it is not
)

func fine(format string, args ...any) finding {
	return finding{Level: isFine, What: fmt.Sprintf(format, args...)}
}

func hint(what, mend string) finding { return finding{isHint, what, mend} }

func fault(what, mend string) finding { return finding{isFault, what, mend} }

// A site is what the application's settings are, as far as no database tells.
type site struct {
	cookie      cookieFlags
	pool        int // SetMaxOpenConns, -1 if it was not said
	processes   int
	prepareStmt bool
	hasUsers    bool // WithUsers
	withTimeout time.Duration
}

// A patient is what is looked at.
type patient struct {
	*tool
	site
	db   *gorm.DB
	said map[string]string // what the database says of itself
	base *base             // nil if New refuses the table
	why  error             // then
	logs *notes            // of New
}

// doctor says what is wrong.
func (t *tool) doctor() *cobra.Command {
	p := &patient{tool: t}
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is wrong, and say how to mend it",
		Long: `Looks at the database, the table and the settings of the application, changes nothing, and says
of each fault how to mend it: what New refuses, the clock, the pool, SQLite's busy timeout and
journal, PostgreSQL's fillfactor and poolers, MySQL's packets, indexes, rights, rows that nobody
deletes, and a cookie that browsers refuse.

Give it the application's own DSN, for that is a part of what it looks at, and what else it cannot
see by flags: the settings of the cookie, the address of the site, and the pool. It exits with 3
where it has found a fault; hints alone are 0.`,
		Example: `  gormsession doctor
  gormsession doctor --pool 20 --processes 4
  gormsession doctor --cookie __Host-session --site https://shop.example.com
  gormsession doctor --json | jq -r '.findings[] | select(.level == "fault") | .mend'`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := p.cookie.check(); err != nil {
				return err
			}
			if err := p.open(); err != nil {
				return err
			}
			r := &diagnosis{Database: t.source.name, Findings: p.examine(c.Context())}
			for _, f := range r.Findings {
				if f.Level == isFault {
					r.Faults++
				}
			}
			if err := t.print(r); err != nil || r.Faults == 0 {
				return err
			}
			return errAttend
		},
	}
	p.cookie.add(c)
	flags := c.Flags()
	flags.IntVar(&p.pool, "pool", -1, "SetMaxOpenConns of the application's pool; 0 for no limit")
	flags.IntVar(&p.processes, "processes", 1, "how many processes of the application there are")
	flags.BoolVar(&p.prepareStmt, "prepare-stmt", false, "its gorm.Config says PrepareStmt")
	flags.BoolVar(&p.hasUsers, "users", false, "it has WithUsers")
	flags.DurationVar(&p.withTimeout, "with-timeout", 5*time.Second, "its WithTimeout")
	return c
}

// open opens what is looked at. A database that does not answer is an error, and nothing is said of
// the rest.
func (p *patient) open() (err error) {
	if _, err := p.layout(); err != nil { // of a flag, or a file of secrets: no fault of the table
		return err
	}
	if p.db, err = p.tool.open(false); err != nil {
		return err
	}
	p.logs = &notes{}
	p.base, p.why = p.visitOn(p.db, slog.New(p.logs))
	return nil
}

// examine looks at everything.
func (p *patient) examine(ctx context.Context) (findings []finding) {
	ctx, cancel := p.slow(ctx)
	defer cancel()
	p.said = engine.Settings(ctx, p.db)
	for _, look := range []func(context.Context) []finding{
		p.lookAtClock, p.lookAtSQLite, p.lookAtServer, p.lookAtPool, p.lookAtTable, p.lookAtIndexes,
		p.lookAtRights, p.lookAtRows, p.lookAtCookie,
	} {
		findings = append(findings, look(ctx)...)
	}
	return findings
}

// A diagnosis is all that doctor has found.
type diagnosis struct {
	Database string    `json:"database"`
	Faults   int       `json:"faults"`
	Findings []finding `json:"findings"`
}

func (d *diagnosis) text(w io.Writer) {
	fmt.Fprintln(w, d.Database)
	for _, f := range d.Findings {
		fmt.Fprintf(w, "%-5s  %s\n", f.Level, f.What)
		if f.Mend != "" {
			fmt.Fprintf(w, "       mend: %s\n", f.Mend)
		}
	}
	fmt.Fprintln(w, count(int64(d.Faults), "fault"))
}

// notes keeps what is logged.
type notes struct{ texts []string }

// Enabled implements slog.Handler.
func (n *notes) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

// Handle implements slog.Handler.
func (n *notes) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(", %s: %s", a.Key, a.Value)
		return true
	})
	n.texts = append(n.texts, text)
	return nil
}

// WithAttrs implements slog.Handler.
func (n *notes) WithAttrs([]slog.Attr) slog.Handler { return n }

// WithGroup implements slog.Handler.
func (n *notes) WithGroup(string) slog.Handler { return n }
