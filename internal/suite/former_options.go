package suite

import (
	"context"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// What packages on top ask for is there as well where it comes with the former settings, and the
// own ones win.
func (on cases) TestFormerValues(t *testing.T) {
	type name string
	former := gormsession.WithFormer(gormsession.WithTable("former"),
		gormsession.WithValue(name("a"), 1), gormsession.WithValue(name("b"), 2))
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithValue(name("a"), 0), former)
	state, err := s.plugin.Open(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := state.Value(name("a")), state.Value(name("b")); a != 0 || b != 2 {
		t.Errorf("the values are %v and %v", a, b)
	}
}

// Options that make no sense are refused, with the sentence that mends them; tables are made, or
// not, for both.
func (on cases) TestFormerOptions(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	for want, opts := range map[string][]gormsession.Option{
		"WithFormer within WithFormer": {
			gormsession.WithFormer(gormsession.WithTable("a"), gormsession.WithFormer()),
		},
		"are both web_sessions":          {gormsession.WithFormer()},
		`WithCookieName("session")`:      {gormsession.WithFormer(oldSettings)},
		`WithCookieName("sessionid")`:    {oldSettings, gormsession.WithFormer()},
		"is no table name":               {gormsession.WithFormer(gormsession.WithTable("a b"))},
		"(in the options of WithFormer)": {gormsession.WithFormer(gormsession.WithTable("a b"))},
		"the table django_session could not be": {oldCookie,
			gormsession.WithFormer(withLayout(layout.Layout{
				Table: "django_session", Cookie: "sessionid", WellFormed: layout.Own().WellFormed,
				Storable: layout.Own().Storable,
				Tables:   map[string][]string{"sqlite": {"CREATE NONSENSE"}}}))},
	} {
		if _, err := gormsession.New(db, opts...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, which lacks %q", err, want)
		}
	}
	for _, without := range [][]gormsession.Option{
		{oldCookie, gormsession.WithoutMigration(), gormsession.WithFormer(oldSettings)},
		{oldCookie, gormsession.WithFormer(oldSettings, gormsession.WithoutMigration())},
	} {
		_, err := gormsession.New(db, without...)
		said := err != nil && strings.Contains(err.Error(), "the table django_session is missing")
		if made := db.Migrator().HasTable("django_session"); !said || made {
			t.Errorf("without migration: %v, the former table is made: %t", err, made)
		}
	}
	if err := gormsession.Migrate(db, oldCookie, gormsession.WithoutMigration(),
		gormsession.WithFormer(oldSettings)); err != nil || !db.Migrator().HasTable("django_session") {
		t.Errorf("Migrate: %v, the former table is made: %t", err,
			db.Migrator().HasTable("django_session"))
	}
}
