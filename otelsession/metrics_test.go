package otelsession_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Each metric moves when what it counts happens, by as much, and no other one does.
func TestWhatMovesEachMetric(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := newSite(t, d, gormsession.WithUsers(), gormsession.WithMaxBytes(2000),
			gormsession.WithAbsoluteLifetime(30*24*time.Hour))
		wants := func(when string, act func(), want ...string) {
			t.Helper()
			slices.Sort(want)
			if got := s.moves(act); !slices.Equal(got, want) {
				t.Errorf("%s moves\n%s\nand is to move\n%s", when,
					strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		var key string
		visits := func(page func(*gormsession.State, *http.Request)) func() {
			return func() {
				t.Helper()
				var status int
				if status, key = s.visit(key, page); status != http.StatusOK {
					t.Errorf("answered with %d", status)
				}
			}
		}
		const load = "took load,session.found=true"

		wants("a visitor who sets nothing", visits(func(*gormsession.State, *http.Request) {}))
		wants("a first entry", visits(set("name")), "sessions.created", "took create")
		wants("a read", visits(read), load)
		wants("a change", visits(set("name")), load, "took update")
		wants("a change that changes nothing", visits(func(s *gormsession.State, _ *http.Request) {
			s.Set("name", s.Get("name"))
		}), load)
		s.clock.Advance(24 * time.Hour)
		wants("a renewal", visits(func(s *gormsession.State, _ *http.Request) { s.Touch() }),
			load, "took renew")
		wants("a login", visits(logIn), "logins", load, "took cycle")
		wants("a new key", visits(func(s *gormsession.State, _ *http.Request) { s.CycleKey() }),
			"cycles reason=call", load, "took cycle")
		wants("a change beside another one", visits(
			func(session *gormsession.State, r *http.Request) {
				session.Set("name", value)
				other, err := s.plugin.Open(r.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				other.Set("other", value)
				if err := other.Save(); err != nil {
					t.Error(err)
				}
			}), "operation.replays update", load+" 2", "took update 2")
		wants("a save in a transaction", visits(func(session *gormsession.State, _ *http.Request) {
			session.Get("name")
			s.exec(func(db *gorm.DB) error {
				return db.Transaction(func(tx *gorm.DB) error {
					session.Set("name", "of "+value)
					return session.SaveIn(tx)
				})
			})
		}), load, "took update")
		wants("a list", visits(func(session *gormsession.State, r *http.Request) {
			if logins, err := s.plugin.Sessions(r.Context(), user); len(logins) != 1 || err != nil {
				t.Error(logins, err)
			}
		}), load, "took list")

		wants("too large a change", func() {
			s.visit(key, func(session *gormsession.State, _ *http.Request) {
				session.Set("name", strings.Repeat(value, 1000))
			})
		}, "requests.rejected reason=too large", load)
		wants("an end meanwhile", func() {
			status, _ := s.visit(key, func(session *gormsession.State, r *http.Request) {
				session.Set("name", "is "+value)
				s.exec(func(db *gorm.DB) error { return db.Exec("DELETE FROM web_sessions").Error })
			})
			if status != http.StatusBadRequest {
				t.Errorf("answered with %d", status)
			}
		}, "requests.conflicts", load, "took error.type=gone meanwhile,update")
		wants("a key that is no more", visits(read),
			"requests.rejected reason=unknown or expired key", "took load,session.found=false")
		wants("what is no key", func() { s.visit("Not-A-Key", read) },
			"requests.rejected reason=malformed key")

		key = s.start()
		wants("a logout", visits(func(s *gormsession.State, _ *http.Request) { s.Flush() }),
			"sessions.ended reason=logout", "took end")
		key = ""
		wants("a login without a session", visits(logIn),
			"logins", "sessions.created", "took create")
		other := key
		key = ""
		visits(logIn)()
		wants("the end of the others", visits(func(session *gormsession.State, r *http.Request) {
			if n, err := s.plugin.EndOthers(r.Context(), session); n != 1 || err != nil {
				t.Error(n, err)
			}
		}), "sessions.ended reason=others of the user", "took end", load)
		other = s.start()
		wants("the end by key", func() {
			if err := s.plugin.Delete(t.Context(), other); err != nil {
				t.Error(err)
			}
		}, "sessions.ended reason=by key", "took end")
		wants("a logout by a key that is no more", func() {
			s.visit(other, func(s *gormsession.State, _ *http.Request) { s.Flush() })
		}, "took end")
		key = s.start()
		s.exec(func(db *gorm.DB) error {
			return db.Exec("UPDATE web_sessions SET session_data = '{'").Error
		})
		wants("a damaged row", visits(read),
			"requests.rejected reason=damaged row", "took load,session.found=false")
		s.clock.Advance(100 * 24 * time.Hour)
		s.start()
		wants("the end of all that have expired", func() {
			if n, err := s.plugin.ClearExpired(t.Context()); n != 2 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		}, "sessions.cleared 2", "took clear")
	})
}

// A session whose absolute lifetime is over has ended.
func TestEndByTheAbsoluteLifetime(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite),
		gormsession.WithAbsoluteLifetime(time.Hour), gormsession.WithLifetime(time.Minute))
	key := s.start()
	s.exec(func(db *gorm.DB) error { // as by a server that has no such limit
		return db.Exec("UPDATE web_sessions SET expire_date = '2999-01-01 00:00:00'").Error
	})
	s.clock.Advance(2 * time.Hour)
	got := s.moves(func() { s.visit(key, read) })
	want := []string{"sessions.ended reason=absolute lifetime", "took load,session.found=false"}
	if !slices.Equal(got, want) {
		t.Errorf("it moves %q", got)
	}
}

// The key that a session gets by itself counts as such, and so does who is logged out by a limit.
func TestReasonsOfOptions(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite),
		gormsession.WithKeyRotation(time.Hour), gormsession.WithUserLimit(1))
	key := s.start()
	s.clock.Advance(2 * time.Hour)
	got := s.moves(func() { s.visit(key, read) })
	want := []string{"cycles reason=rotation", "took cycle", "took load,session.found=true"}
	if !slices.Equal(got, want) {
		t.Errorf("a rotation moves %q", got)
	}
	s.visit("", logIn)
	got = s.moves(func() { s.visit("", logIn) })
	want = []string{"logins", "sessions.created", "sessions.ended reason=beyond the limit",
		"took create", "took end"}
	if !slices.Equal(got, want) {
		t.Errorf("a login beyond the limit moves %q", got)
	}
	refusing := newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithUserLimitRefusing(1))
	refusing.visit("", logIn)
	got = refusing.moves(func() { refusing.visit("", logIn) })
	want = []string{"requests.rejected reason=user limit", "took error.type=user limit,create"}
	if !slices.Equal(got, want) {
		t.Errorf("a login that is refused moves %q", got)
	}
}

// A sweep that nobody waits for counts like any other.
func TestSweepIsMeasured(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithCleanup(time.Hour))
	s.start()
	s.await(func() bool { return s.counts()["took clear"] == 1 })
	s.clock.Advance(100 * 24 * time.Hour)
	got := s.moves(func() {
		s.start()
		s.await(func() bool { return s.counts()["took clear"] == 2 })
	})
	want := []string{"sessions.cleared", "sessions.created", "took clear", "took create"}
	if !slices.Equal(got, want) {
		t.Errorf("it moves %q", got)
	}
}

// The handlers of the application's own options go on hearing of everything.
func TestHandlersBesideOurs(t *testing.T) {
	var heard []string
	h := &handlers{heard: &heard}
	s := newSite(t, dbtest.New(t, dbtest.SQLite),
		gormsession.WithEvents(h), gormsession.WithOperations(h))
	got := s.moves(func() { s.start() })
	if want := []string{"sessions.created", "took create"}; !slices.Equal(got, want) {
		t.Errorf("a session moves %q", got)
	}
	if want := []string{"begin create", "end create", "created"}; !slices.Equal(heard, want) {
		t.Errorf("the application has heard %q", heard)
	}
}

// await waits until it is so.
func (s *site) await(is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); {
		if time.Now().After(deadline) {
			s.t.Fatal("waited in vain")
		}
		time.Sleep(time.Millisecond)
	}
}

var errAnything = errors.New("what a database may say: " + value)
