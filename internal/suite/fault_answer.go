package suite

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
)

// A save whose answer is lost is done, and done once.
func (on cases) TestFaultLostAnswerToUpdate(t *testing.T) {
	on.lossySites(t, func(t *testing.T, s lossySite, _ bool) {
		key := s.start(map[string]any{"n": 5})
		s.loses("UPDATE", nil)
		s.done("UPDATE lost", s.visit(key, increment), key, `{"n":6}`)
		s.loses("COMMIT", nil)
		s.done("COMMIT lost", s.visit(key, increment), key, `{"n":7}`)
		// An UPDATE in a transaction that never sent its COMMIT is undone, so what is there is
		// another's.
		s.delays("UPDATE", func() { s.write(key, `{"n":8}`) })
		s.done("another's save before the second try", s.visit(key, increment), key, `{"n":9}`)
		s.delays("UPDATE", func() { s.write(key, `{"n":9,"theirs":1}`) })
		s.done("UPDATE lost, and another request's save", s.visit(key, writeName("Ann")), key, `{"n":9,"name":"Ann","theirs":1}`)
		s.loses("COMMIT", nil)
		s.done("a save that ends the session", s.visit(key, func(c *Call) {
			increment(c)
			c.Session().SetExpiry(-time.Minute)
		}), key, `{"_session_expiry":-60,"n":10,"name":"Ann","theirs":1}`)
	})
}

// Where another request has written on top of a save whose answer was lost, nobody can tell whether
// it was done. What can be done again without harm is; an entry that the other one has written too
// is left as that one has it.
func (on cases) TestFaultUnknownOutcome(t *testing.T) {
	on.lossySites(t, func(t *testing.T, s lossySite, bare bool) {
		commit := committing("UPDATE", bare)
		key := s.start(map[string]any{"n": 5})
		for what, page := range map[string]func(*Call){
			"Modify": increment,
			"Flash":  func(c *Call) { c.Session().Flash("hello") },
		} {
			// What must not be done twice never goes bare.
			theirs := fmt.Sprintf(`{"n":6,"theirs":%q}`, what)
			s.loses("COMMIT", func() { s.write(key, theirs) })
			s.visit(key, page).unavailable(t)
			s.holds(what, key, theirs)
			s.log.wants(t, gormsession.ErrOutcomeUnknown.Error())
		}
		s.loses(commit, func() { s.write(key, `{"n":7,"theirs":3}`) })
		s.done("Set", s.visit(key, writeName("Ann")), key, `{"n":7,"name":"Ann","theirs":3}`)
		s.loses(commit, func() { s.write(key, `{"n":7,"name":"Cid"}`) })
		s.visit(key, writeName("Eve")).unavailable(t)
		s.holds("Set of what another request has set since", key, `{"n":7,"name":"Cid"}`)
		s.log.wants(t, gormsession.ErrOutcomeUnknown.Error())

		s.loses(commit, func() { s.exec("DELETE FROM web_sessions WHERE session_key = ?", stored(key)) })
		if got := s.visit(key, writeName("Bob")); got.status != http.StatusBadRequest ||
			got.cookie != nil {
			t.Errorf("a logout meanwhile: answered with %d", got.status)
		}
		if rows := s.rows(); len(rows) != 0 {
			t.Errorf("a logout meanwhile leaves %v", rows)
		}
	})
}

// A handler that ignores what Save says gets no second try at the commit, which would be a guess.
func (on cases) TestFaultUnknownOutcomeOfSave(t *testing.T) {
	on.lossySites(t, func(t *testing.T, s lossySite, _ bool) {
		key := s.start(map[string]any{"n": 5})
		s.loses("COMMIT", func() { s.write(key, `{"n":6,"theirs":1}`) })
		s.visit(key, func(c *Call) {
			increment(c)
			_ = c.Session().Save()
		}).unavailable(t)
		s.holds("Save", key, `{"n":6,"theirs":1}`)
	})
}

// The look at the row may fail as well: then nobody knows.
func (on cases) TestFaultNoSecondLook(t *testing.T) {
	on.lossySites(t, func(t *testing.T, s lossySite, _ bool) {
		key := s.start(map[string]any{"n": 5})
		page := func(c *Call) {
			_ = c.Session().Load()
			fail, _ := failsFirst("SELECT", refusals[s.kind], 100)
			s.statements.Fail(fail)
			increment(c)
		}
		s.loses("COMMIT", nil)
		s.visit(key, page).unavailable(t)
		s.statements.Fail(nil)
		s.holds("update", key, `{"n":6}`)
		s.log.wants(t, gormsession.ErrOutcomeUnknown.Error())
	})
}

// A new session whose answer is lost has one row, under the key that the client is told.
func (on behind) TestFaultLostAnswerToInsert(t *testing.T) {
	on.lossySites(t, func(t *testing.T, s lossySite, bare bool) {
		one := func(what string, got reply) {
			t.Helper()
			if got.cookie == nil {
				t.Fatalf("%s: answered with %d\n%s", what, got.status, s.log)
			}
			s.done(what, got, got.cookie.Value, `{"n":1}`)
			if rows := s.rows(); len(rows) != 1 {
				t.Errorf("%s: there are %d rows", what, len(rows))
			}
			s.exec("DELETE FROM web_sessions")
		}
		s.loses("INSERT", nil)
		one("INSERT lost", s.visit("", increment))
		if !bare {
			s.loses("COMMIT", nil)
			one("COMMIT lost", s.visit("", increment))
		}
		if bare { // in a transaction it cannot come late, as its COMMIT was never sent
			s.delays("INSERT", func() { s.insertNext(`{"n":1}`) })
			one("INSERT late", s.visit("", increment))
		}
	}, func(keys *keyring) gormsession.Option { return on.inside.WithNewKey(keys.newKey) })
}

// A cycle whose answer is lost has moved the session once: to the key that the client is told.
func (on cases) TestFaultLostAnswerToCycle(t *testing.T) {
	on.lossySites(t, func(t *testing.T, s lossySite, _ bool) {
		cycle := func(c *Call) { increment(c); c.Session().CycleKey() }
		var key string
		moved := func(what, want string) {
			t.Helper()
			got := s.visit(key, cycle)
			if got.cookieIs(key) != "new" {
				t.Fatalf("%s: answered with %d\n%s", what, got.status, s.log)
			}
			s.done(what, got, got.cookie.Value, want)
			if rows := s.rows(); len(rows) != 1 {
				t.Errorf("%s: there are %d rows", what, len(rows))
			}
			key = got.cookie.Value
		}
		key = s.start(map[string]any{"n": 1})
		s.loses("UPDATE", nil)
		moved("UPDATE lost", `{"n":2}`)
		s.loses("COMMIT", nil)
		moved("COMMIT lost", `{"n":3}`)
		// Somebody has saved under the old key before the second try, so the first was not done.
		s.delays("UPDATE", func() { s.write(key, `{"n":7}`) })
		moved("another's save", `{"n":8}`)

		// A logout that comes between is not undone, and no new key told.
		s.delays("UPDATE", func() { s.exec("DELETE FROM web_sessions") })
		if got := s.visit(key, cycle); got.status != http.StatusBadRequest || got.cookie != nil ||
			len(s.rows()) != 0 {
			t.Errorf("a logout meanwhile: answered with %d, and %d rows are left", got.status, len(s.rows()))
		}
	})
}

// A logout whose answer is lost is repeated.
func (on cases) TestFaultLostAnswerToFlush(t *testing.T) {
	on.lossySites(t, func(t *testing.T, s lossySite, _ bool) {
		for _, verb := range []string{"DELETE", "COMMIT"} {
			key := s.start(map[string]any{"n": 1})
			s.loses(verb, nil)
			got := s.visit(key, func(c *Call) { c.Session().Flush() })
			if got.status != http.StatusOK || got.cookieIs(key) != "deleted" || len(s.rows()) != 0 {
				t.Errorf("%s lost: answered with %d, and %d rows are left", verb, got.status, len(s.rows()))
			}
		}
	})
}
