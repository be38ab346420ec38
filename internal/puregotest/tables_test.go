package puregotest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	libtnb "github.com/libtnb/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

// New looks at a table through each driver alike: it refuses what cannot keep sessions, in the same
// words, and takes what can.
func TestTablesOfEachDriver(t *testing.T) {
	said := map[string][]string{}
	plain := strings.NewReplacer("SQL logic error: ", "", " (1)", "") // of the driver's own words
	tables := []string{
		"CREATE TABLE web_sessions (session_key varchar(64), session_data text, expire_date datetime)",
		"CREATE TABLE web_sessions (session_key varchar(20) PRIMARY KEY, session_data text NOT NULL, " +
			"expire_date datetime NOT NULL)",
		"CREATE TABLE web_sessions (session_key varchar(64) PRIMARY KEY, session_data text NOT NULL)",
		"CREATE TABLE web_sessions (session_key varchar(64) PRIMARY KEY, session_data text NOT NULL, " +
			"expire_date datetime NOT NULL, owner integer NOT NULL)",
		"CREATE TABLE web_sessions (session_key varchar(64) PRIMARY KEY, session_data text NOT NULL, " +
			"expire_date datetime NOT NULL)",
	}
	eachDialector(t, inWAL, func(t *testing.T, _ string, db *gorm.DB) {
		_, err := gormsession.New(db, gormsession.WithoutMigration(), gormsession.WithCleanup(0))
		said[t.Name()] = append(said[t.Name()], plain.Replace(fmt.Sprint(err)))
		for _, table := range tables {
			if err := db.Exec("DROP TABLE IF EXISTS web_sessions").Error; err != nil {
				t.Fatal(err)
			}
			if err := db.Exec(table).Error; err != nil {
				t.Fatal(err)
			}
			_, err := gormsession.New(db, gormsession.WithCleanup(0))
			said[t.Name()] = append(said[t.Name()], plain.Replace(fmt.Sprint(err)))
		}
	})
	want := said[t.Name()+"/mattn"]
	for name, texts := range said {
		for i, text := range texts {
			if text != want[i] {
				t.Errorf("%s:\n%s\nand with C:\n%s", name, text, want[i])
			}
		}
	}
	if len(said) != len(dialectors) || want[len(want)-1] != "<nil>" || want[0] == "<nil>" {
		t.Errorf("%d, %q", len(said), want)
	}
}

// A session ends at its instant whatever a driver makes of times.
func TestZonesOfTheDriver(t *testing.T) {
	for _, query := range []string{
		"", "&_timezone=Asia/Tokyo", "&_timezone=America/New_York&_texttotime=1",
	} {
		db, err := gorm.Open(libtnb.Open("file:" + filepath.Join(t.TempDir(), "app.db") +
			"?_journal_mode=WAL" + query))
		if err != nil {
			t.Fatal(err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		now := time.Date(2026, 3, 8, 6, 30, 0, 0, time.UTC)
		plugin, err := gormsession.New(db, gormsession.WithCleanup(0), gormsession.WithExpiryStep(0),
			gormsession.WithLifetime(time.Hour), gormsession.WithClock(func() time.Time { return now }))
		if err != nil {
			t.Fatal(err)
		}
		s, err := plugin.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		s.Set("n", 1)
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			now = now.Add(time.Hour - time.Microsecond)
			again, err := plugin.Open(t.Context(), s.Key())
			if err != nil || again.IsNew() {
				t.Fatalf("%s: the session has ended before its time, %v", query, err)
			}
			if end := again.ExpiryDate(); !end.Equal(now.Add(time.Hour)) {
				t.Errorf("%s: it would end at %v", query, end)
			}
			again.Touch()
			if err := again.Save(); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(time.Hour)
		if again, err := plugin.Open(t.Context(), s.Key()); err != nil || !again.IsNew() {
			t.Errorf("%s: the session has outlived its time, %v", query, err)
		}
	}
}
