package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/madetest"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// A terminal is what docs/cmd.md shows: the program in a folder with an application's app.db, at a
// time that stands still.
type terminal struct {
	t      *testing.T
	screen bytes.Buffer
}

var pageTime = time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC)

// run types a command line, and shows what it says.
func (s *terminal) run(line string) *terminal {
	s.t.Helper()
	fmt.Fprintf(&s.screen, "$ gormsession %s\n", line)
	code := run(context.Background(), strings.Fields(line), world{
		in: strings.NewReader(""), out: &s.screen, err: &s.screen,
		getenv: func(name string) string {
			return map[string]string{dsnVariable: "sqlite:app.db", keysVariable: sealKey(7)}[name]
		},
		now: func() time.Time { return pageTime },
	})
	if code != exitDone {
		fmt.Fprintf(&s.screen, "$ echo $?\n%d\n", code)
	}
	return s
}

// part compares what was shown with the page, or writes it there.
func (s *terminal) part(page, of string) {
	s.t.Helper()
	madetest.Part(s.t, page, of, "\n```console\n"+s.screen.String()+"```\n")
	s.screen.Reset()
}

// docs/cmd.md shows what the program says. To renew it: go test -run Page ./cmd/gormsession
// -update.
func TestPage(t *testing.T) {
	page, err := filepath.Abs("../../docs/cmd.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	s := &terminal{t: t}
	s.run("migrate").run("migrate --users --yes").part(page, "gormsession migrate")
	s.run("schema --engine postgres --model users --format goose").part(page, "gormsession schema")
	fillPage(t)
	s.run("list").run("list --user ann --json").part(page, "gormsession list")
	s.run("show QW4XZ2KJ6M7N5P3R9T8V").run("show QW4XZ2KJ6M7N5P3R9T8V --values").
		part(page, "gormsession show")
	s.run("stats").part(page, "gormsession stats")
	s.run("end --user ann").run("end --user ann --yes").part(page, "gormsession end")
	s.run("reseal").run("reseal --yes").part(page, "gormsession reseal")
	s.run("clear").part(page, "gormsession clear")
	s.run("doctor --cookie __Host-shop --cookie-domain shop.example.com").
		part(page, "gormsession doctor")
}

// fillPage puts sessions into app.db that are the same each time.
func fillPage(t *testing.T) {
	t.Helper()
	db, err := dbtest.OpenDSN(dbtest.SQLite, "app.db")
	if err != nil {
		t.Fatal(err)
	}
	row := func(i int, user, public string, expires time.Time, cart string) {
		at := func(d time.Duration) *gormsession.Expiry {
			return &gormsession.Expiry{Time: pageTime.Add(d)}
		}
		session := gormsession.UserSession{
			Session: gormsession.Session{
				SessionKey: sessionkey.Hash(fmt.Sprint("session ", i)), SessionData: cart,
				ExpireDate: gormsession.Expiry{Time: expires},
			},
			Created: at(-time.Duration(i) * 7 * time.Hour), LastSeen: at(-time.Duration(i) * time.Minute),
		}
		if user != "" {
			session.UserID, session.PublicID = new(gormsession.UserID(user)), &public
			session.Address, session.Agent = "192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"
		}
		if err := db.Create(&session).Error; err != nil {
			t.Fatal(err)
		}
	}
	cart := func(user string, n int) string {
		entries := map[string]any{"cart": map[string]int{"tea": 2}, "text": strings.Repeat("…", n)}
		if user != "" {
			entries["_user"] = user
		}
		text, err := json.Marshal(entries)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	days := func(n int) time.Time { return pageTime.Add(time.Duration(n) * 24 * time.Hour) }
	row(1, "ann", "QW4XZ2KJ6M7N5P3R9T8V", days(14), cart("ann", 10))
	row(2, "ann", "B7HHD2YC5L4SUEX3AQ6K", days(9), cart("ann", 900))
	row(3, "bob", "ZK5ONTX7M3PVD2RCE6GA", days(5), cart("bob", 0))
	for i := range 6 {
		row(4+i, "", "", days(1).Add(-time.Duration(i)*5*time.Hour), cart("", 30*i))
	}
	for i := range 40 {
		row(20+i, "", "", days(-1-i), "{}")
	}
	conns, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	conns.Close()
}
