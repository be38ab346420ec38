package movetest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/seed7368b609/gormsession/movein"
)

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
	value := ann.cookie(m.Cookie)
	h.deploy(m.site(t, movein.Config{Table: "taken"}))
	bob := h.visitor(t)
	bob.logIn("bob")
	bob.Jar.SetCookies(h.url(), []*http.Cookie{{Name: m.Cookie, Value: value}})
	rename := func(from, to string) {
		t.Helper()
		if err := m.DB.Migrator().RenameTable(from, to); err != nil {
			t.Fatal(err)
		}
	}
	rename("taken", "away")
	ann.wants("/me", "Service Unavailable\n")
	bob.wants("/me", "Service Unavailable\n")
	rename("away", "taken")
	ann.wants("/me", "ann 0")
	bob.wants("/me", "bob 0")
	if n := m.sessions(t); n != 2 {
		t.Errorf("%d sessions", n)
	}
}
