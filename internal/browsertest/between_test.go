package browsertest

import (
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A deployment in between: whoever is logged in stays so, has the same cart, and sends a form that
// stood open meanwhile.
func TestRestartInBetween(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	p := somebody(t)
	b := p.tab()
	b.open(s.base)
	b.press(add("mug"))
	s.logIn(b)
	key := p.cookie().Value
	b.press(`nav a[href="/cart"]`)
	b.fill("#quantity-mug", "4")
	s.reopen()
	b.press(`#quantity-mug + button`)
	b.shows("Corner mug: now 4.")
	b.press(`nav a[href="/account"]`)
	b.shows("logged in as Ada")
	if p.cookie().Value != key {
		t.Error("the cookie is another one")
	}
}

// A database that is stopped in between is a 503, on each page that asks for the session and on no
// other. It keeps the cookie and loses nothing that was saved: once it is back, so is the user.
func TestDatabaseIsStoppedInBetween(t *testing.T) {
	t.Parallel()
	server := dbtest.StartServer(t, dbtest.Postgres)
	s := serve(t, server.DB(t).Open(t), false, gormsession.WithTimeout(2*time.Second))
	p := somebody(t)
	b := p.tab()
	b.open(s.here())
	b.press(button("login"))
	b.press(button("count"))
	b.shows(`user "ada", count 1`)
	key := p.cookie().Value

	server.Stop()
	b.expect("503")
	b.press(button("count"))
	b.shows("Service Unavailable")
	b.open(s.here())
	b.shows("Service Unavailable")
	b.open(s.here() + "/bye")
	b.shows("Bye.")
	if p.cookie().Value != key {
		t.Error("a 503 has changed the cookie")
	}

	server.Start()
	b.open(s.here())
	b.shows(`user "ada", count 1`)
	b.press(button("count"))
	b.shows(`user "ada", count 2`)
	if p.cookie().Value != key {
		t.Error("the cookie is another one")
	}
}
