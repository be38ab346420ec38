package movetest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

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

// sessions is how many rows there are.
func (m Move) sessions(t *testing.T) (n int64) {
	t.Helper()
	if err := m.DB.Model(&gormsession.Session{}).Count(&n).Error; err != nil {
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
		{"ResponseThatIsLost", responseThatIsLost},
		{"ThereAndBack", thereAndBack},
		{"DatabaseThatDoesNotSay", databaseThatDoesNotSay},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, begin(t)) })
	}
}

// Under traffic, with several requests of each user at once, nobody is logged out by the switch,
// each has what was in the session, and afterwards the new cookie alone.
func nobodyIsLoggedOut(t *testing.T, m Move) {
	const users, requests, switchAt = 8, 12, 5
	h := newHost(t, m.Old)
	visitors := make([]*visitor, users)
	for i := range visitors {
		visitors[i] = h.visitor(t)
		visitors[i].logIn(fmt.Sprint("user", i))
		for n := range i {
			visitors[i].wants("/count", fmt.Sprintf("user%d %d", i, n+1))
		}
	}
	site := m.site(t, movein.Config{})
	var all sync.WaitGroup
	for i, v := range visitors {
		for tab := range 3 {
			all.Go(func() {
				for n := range requests {
					if i == 0 && tab == 0 && n == switchAt {
						h.deploy(site)
					}
					v.wants("/me", fmt.Sprintf("user%d %d", i, i))
				}
			})
		}
	}
	all.Wait()
	for i, v := range visitors {
		v.wants("/count", fmt.Sprintf("user%d %d", i, i+1))
		v.wants("/me", fmt.Sprintf("user%d %d", i, i+1))
		if v.cookie(newCookie) == "" || v.cookie(m.Cookie) != "" {
			t.Errorf("user%d has the new cookie: %t, and the old one: %t",
				i, v.cookie(newCookie) != "", v.cookie(m.Cookie) != "")
		}
	}
	if n := m.sessions(t); n != users {
		t.Errorf("%d sessions for %d users", n, users)
	}
}

// Of requests that come at once with the old cookie alone one takes the session over, and all write
// to the same new one, which loses nothing.
func takenOverOnce(t *testing.T, m Move) {
	const requests = 24
	h := newHost(t, m.Old)
	ann := h.visitor(t)
	ann.logIn("ann")
	value := ann.cookie(m.Cookie)
	h.deploy(m.site(t, movein.Config{}))
	var all sync.WaitGroup
	keys := make([]string, requests)
	for i := range keys {
		all.Go(func() {
			v := h.with(t, m.Cookie, value)
			if got := v.page("/count"); got == nobody {
				t.Error("a request was nobody's")
			}
			keys[i] = v.cookie(newCookie)
		})
	}
	all.Wait()
	for _, key := range keys {
		if key == "" || key != keys[0] {
			t.Error("the requests have got different keys, or none")
			break
		}
	}
	h.with(t, newCookie, keys[0]).wants("/me", fmt.Sprintf("ann %d", requests))
	if n := m.sessions(t); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// The old session ends as it is taken over. Its cookie leads to the new session for a minute, or as
// long as that has its key, and is worth nothing after that.
func endsTheOldSession(t *testing.T, m Move) {
	h := newHost(t, m.Old)
	ann, bob := h.visitor(t), h.visitor(t)
	ann.logIn("ann")
	bob.logIn("bob")
	anns, bobs := ann.cookie(m.Cookie), bob.cookie(m.Cookie)
	now := time.Now()
	site := m.site(t, movein.Config{Now: func() time.Time { return now }})
	h.deploy(site)
	ann.wants("/count", "ann 1")
	bob.wants("/count", "bob 1")
	h.deploy(m.Old)
	if !m.Remembers {
		h.with(t, m.Cookie, anns).wants("/me", nobody)
	}
	h.deploy(site)
	now = now.Add(59 * time.Second)
	h.with(t, m.Cookie, anns).wants("/me", "ann 1")
	bob.wants("/logout", nobody)
	h.with(t, m.Cookie, bobs).wants("/me", nobody)
	now = now.Add(time.Second)
	late := h.with(t, m.Cookie, anns)
	late.wants("/me", nobody)
	if late.cookie(m.Cookie) != "" {
		t.Error("a cookie that is worth nothing any more was not deleted")
	}
	ann.wants("/me", "ann 1")
	if n := m.sessions(t); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// Whoever has a session of ours keeps it. The old one beside it is ended, and is not there when
// ours has ended: a logout is one.
func theNewSessionCounts(t *testing.T, m Move) {
	h := newHost(t, m.Old)
	ann := h.visitor(t)
	ann.logIn("ann")
	value := ann.cookie(m.Cookie)
	h.deploy(m.site(t, movein.Config{}))
	bob := h.visitor(t)
	bob.logIn("bob")
	bob.Jar.SetCookies(h.url(), []*http.Cookie{{Name: m.Cookie, Value: value}})
	bob.wants("/me", "bob 0")
	if bob.cookie(m.Cookie) != "" {
		t.Error("the old cookie was not deleted")
	}
	bob.wants("/logout", nobody)
	h.with(t, m.Cookie, value).wants("/me", nobody)
}

// A cookie that the old library would not take is none, and is deleted.
func forgedAndExpired(t *testing.T, m Move) {
	h := newHost(t, m.Old)
	ann := h.visitor(t)
	ann.logIn("ann")
	value := ann.cookie(m.Cookie)
	h.deploy(m.site(t, movein.Config{}))
	middle := len(value) / 2
	other := byte('A')
	if value[middle] == other {
		other = 'B'
	}
	forged := map[string]string{
		"another text": "x", "empty": "", "cut": value[:len(value)-1], "longer": value + "AAAA",
		"a letter changed": value[:middle] + string(other) + value[middle+1:],
	}
	m.Expire()
	forged["expired"] = value
	for name, value := range forged {
		v := h.with(t, m.Cookie, value)
		v.wants("/me", nobody)
		if v.cookie(m.Cookie) != "" {
			t.Errorf("%s: the cookie was not deleted", name)
		}
	}
	if n := m.sessions(t); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// A client that has not got the response with its new cookie, or an error in its place, is not
// logged out: it has its old cookie still, which leads to the new session.
func responseThatIsLost(t *testing.T, m Move) {
	h := newHost(t, m.Old)
	ann := h.visitor(t)
	ann.logIn("ann")
	value := ann.cookie(m.Cookie)
	h.deploy(m.site(t, movein.Config{}))
	ann.page("/broken")
	if ann.cookie(m.Cookie) == "" && ann.cookie(newCookie) == "" {
		t.Fatal("the client has no cookie any more")
	}
	ann.wants("/count", "ann 1")
	h.with(t, m.Cookie, value).wants("/me", "ann 1")
}

// Where the old sessions are kept one may go back to the old library, and come again: nobody is
// logged out by either.
func thereAndBack(t *testing.T, m Move) {
	h := newHost(t, m.Old)
	ann := h.visitor(t)
	ann.logIn("ann")
	site := m.site(t, movein.Config{Keep: true})
	h.deploy(site)
	ann.wants("/count", "ann 1")
	ann.wants("/me", "ann 1")
	h.deploy(m.Old)
	ann.wants("/me", "ann 0")
	h.deploy(site)
	ann.wants("/me", "ann 1")
	ann.wants("/logout", nobody)
	ann.wants("/me", nobody) // and not taken over once more
	if n := m.sessions(t); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// Where the database does not say whose a request is, nobody is told to log in: it is an error, and
// the next request is the user's again.
func databaseThatDoesNotSay(t *testing.T, m Move) {
	h := newHost(t, m.Old)
	ann := h.visitor(t)
	ann.logIn("ann")
	h.deploy(m.site(t, movein.Config{Table: "taken"}))
	rename := func(from, to string) {
		t.Helper()
		if err := m.DB.Migrator().RenameTable(from, to); err != nil {
			t.Fatal(err)
		}
	}
	rename("taken", "away")
	ann.wants("/me", "Service Unavailable\n")
	rename("away", "taken")
	ann.wants("/me", "ann 0")
	if n := m.sessions(t); n != 1 {
		t.Errorf("%d sessions", n)
	}
}
