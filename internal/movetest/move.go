package movetest

import (
	"net/http"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/movein"
)

// A Move is one from an old library, with one of its stores.
type Move struct {
	Cookie string       // of the old library
	Old    http.Handler // the site on it, which answers by AnswerOld
	DB     *gorm.DB     // for the new one

	// Expire has all old sessions, or their cookies, be too old from now on.
	Expire func()

	// Remembers says that the old library cannot end a session, as its cookie is all of it.
	Remembers bool

	// New mounts the bridge and the site on this library, which answers by Answer.
	New func(t *testing.T, plugin *gormsession.Plugin, c movein.Config) http.Handler
}

// newCookie is the plugin's.
const newCookie = "moved"

// site makes a plugin and the new site on it.
func (m Move) site(t *testing.T, c movein.Config) http.Handler {
	t.Helper()
	plugin, err := gormsession.New(m.DB, gormsession.WithCookieName(newCookie),
		gormsession.WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	return m.New(t, plugin, c)
}

// sessions is how many there are.
func (m Move) sessions(t *testing.T) int64 {
	t.Helper()
	return m.rows(t, gormsession.Session{}.TableName())
}

// rows is how many a table has.
func (m Move) rows(t *testing.T, table string) (n int64) {
	t.Helper()
	if err := m.DB.Table(table).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// Run runs all cases, each on a move of its own.
func Run(t *testing.T, begin func(t *testing.T) Move) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Move)
	}{
		{"NobodyIsLoggedOut", nobodyIsLoggedOut},
		{"TakenOverOnce", takenOverOnce},
		{"EndsTheOldSession", endsTheOldSession},
		{"TheNewSessionCounts", theNewSessionCounts},
		{"ForgedAndExpired", forgedAndExpired},
		{"SpelledOtherwise", spelledOtherwise},
		{"ResponseThatIsLost", responseThatIsLost},
		{"ThereAndBack", thereAndBack},
		{"DatabaseThatDoesNotSay", databaseThatDoesNotSay},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, begin(t)) })
	}
}
