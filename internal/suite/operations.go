package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// told keeps what it is told of operations.
type told struct{ lines }

type toldKey struct{}

// BeginOperation puts the operation into the context of its statements.
func (h *told) BeginOperation(
	ctx context.Context, kind gormsession.OperationKind,
) (context.Context, func(gormsession.Operation)) {
	if outer, nested := ctx.Value(toldKey{}).(gormsession.OperationKind); nested {
		kind = outer + " within " + kind
	}
	return context.WithValue(ctx, toldKey{}, kind), func(o gormsession.Operation) {
		line := fmt.Sprintf("%s %d", kind, o.Count)
		for word, is := range map[string]bool{
			" " + o.Why:                        o.Err != nil,
			fmt.Sprint(" retries ", o.Retries): o.Retries > 0,
			fmt.Sprint(" replays ", o.Replays): o.Replays > 0,
			" in no time":                      o.Took <= 0,
		} {
			if is {
				line += word
			}
		}
		h.note(line)
	}
}

// Each operation is told once, and its statements know of it by their context; a request that
// touches no session has none.
func (on cases) TestOperations(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		h := &told{}
		s := on.newSite(t, d, gormsession.WithUsers(), gormsession.WithOperations(h))
		asked := s.watch(func(tx *gorm.DB) string {
			kind, _ := tx.Statement.Context.Value(toldKey{}).(gormsession.OperationKind)
			return string(kind)
		})
		wants := func(when string, want ...string) {
			t.Helper()
			if got := h.take(); !slices.Equal(got, want) {
				t.Errorf("%s: told %q, want %q", when, got, want)
			}
			for i, line := range want {
				want[i], _, _ = strings.Cut(line, " ")
			}
			if got := asked.take(); !slices.Equal(slices.Compact(got), slices.Compact(want)) {
				t.Errorf("%s: statements are asked in %q, want %q", when, got, want)
			}
		}
		key := s.start(map[string]any{"n": 0})
		wants("a visitor", "create 1")
		s.visit(key, untouched)
		wants("nothing")
		s.visit(key, increment)
		wants("a change", "load 1", "update 1")
		s.visit(strings.Repeat("a", len(key)), showCounter)
		wants("a key of nobody's", "load 0")
		key = s.moved(key, logIn("ann"))
		wants("a login", "load 1", "cycle 1")
		s.visit(key, func(c *Call) {
			increment(c)
			other, err := s.plugin.Open(context.Background(), key)
			if err != nil {
				t.Error(err)
				return
			}
			counter.Modify(other, plusOne)
			if err := other.Save(); err != nil {
				t.Error(err)
			}
		})
		wants("a change beside another one", "load 1", "load 1", "update 1", "update 1 replays 1")
		fail, _ := failsFirst("UPDATE", rollbacks[d.Kind()][0], 2)
		s.statements.Fail(fail)
		s.visit(key, increment)
		s.statements.Fail(nil)
		wants("tries that are undone", "load 1", "update 1 retries 2")
		s.visit(key, func(c *Call) {
			c.Session().Set("n", 7)
			err := s.db.Transaction(func(tx *gorm.DB) error { return c.Session().SaveIn(tx) })
			if err != nil {
				t.Error(err)
			}
		})
		wants("a transaction", "load 1", "update 1")
		var open *gorm.DB
		s.visit(key, func(c *Call) {
			session := c.Session()
			session.Set("n", 8)
			open = s.db.Begin()
			if err := session.SaveIn(open); err != nil {
				t.Error(err)
			}
			session.Touch()
		})
		open.Rollback()
		wants("a transaction that stays open", "load 1", "update 1")
		for name, ask := range map[string]func(ctx context.Context) error{
			"list 1": func(ctx context.Context) error {
				return errorOf(s.plugin.Sessions(ctx, "ann"))
			},
			"check 1": func(ctx context.Context) error { return errorOf(s.plugin.Exists(ctx, key)) },
			"count 1": func(ctx context.Context) error {
				n, err := s.plugin.CountLive(ctx)
				return errors.Join(err, unless(n == 1, "%d are live", n))
			},
			"clear 0": func(ctx context.Context) error { return errorOf(s.plugin.ClearExpired(ctx)) },
			"end 0":   func(ctx context.Context) error { return s.plugin.Delete(ctx, keyWithoutRow) },
		} {
			if err := ask(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			wants(name, name)
		}
		s.statements.Fail(failing("SELECT", errors.New("no answer")))
		s.visit(key, readName)
		s.statements.Fail(nil)
		wants("a fault", "load 0 database")
		logOut := func(c *Call) { c.Session().LogOut() }
		s.visit(key, logOut)
		wants("a logout", "end 1")
		s.visit(key, logOut)
		wants("a logout of nobody", "end 0")
		row := gormsession.Session{SessionKey: stored(s.start(map[string]any{"n": 0}))}
		h.take()
		asked.take()
		for _, want := range []string{"end 1", "end 0"} {
			if err := s.plugin.DeleteRow(t.Context(), row); err != nil {
				t.Error(err)
			}
			wants("a row", want)
		}
	})
}

// What goes through a whole table is told once, with how many rows it has written; and a session
// that was moved while a request changed it is saved once, where it is then.
func (on cases) TestOperationsOfATable(t *testing.T) {
	d := dbtest.New(t, dbtest.SQLite)
	before, h := on.newSite(t, d), &told{}
	key := before.start(map[string]any{"user_id": 7})
	s := on.newSite(t, d, gormsession.WithTable("moved"), gormsession.WithFormer(),
		gormsession.WithUsers(), gormsession.WithEncryption(sealKeyA), gormsession.WithOperations(h))
	wants := func(want ...string) {
		t.Helper()
		if got := h.take(); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	got := s.visit(key, func(c *Call) {
		c.Session().Set("n", 1)
		if err := errorOf(s.plugin.MoveFormer(context.Background())); err != nil {
			t.Error(err)
		}
	})
	if got.status != http.StatusOK {
		t.Errorf("answered with %d\n%s", got.status, s.log)
	}
	wants("load 1", "move 1", "update 0 replays 1", "update 1")
	if err := errorOf(s.plugin.FillUsers(t.Context(), "user_id")); err != nil {
		t.Error(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if err := errorOf(s.plugin.FillUsers(ctx, "user_id")); err == nil {
		t.Error("a call that was left fills rows")
	}
	wants("fill 1", "fill 0 canceled")
	if err := errorOf(s.plugin.Reseal(t.Context())); err != nil {
		t.Error(err)
	}
	wants("reseal 0")
}

func unless(is bool, format string, args ...any) error {
	if is {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// What an operation handler does to the session is an error, and holds nothing up.
func (on cases) TestOperationHandlerThatUsesTheSession(t *testing.T) {
	var state *gormsession.State
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithOperations(meddler{&state}))
	got := s.visit("", func(c *Call) {
		state = c.Session()
		state.Set("name", "Ann")
	})
	if got.status != http.StatusInternalServerError {
		t.Errorf("answered with %d", got.status)
	}
	state = nil
	if got := s.visit("", writeName("Bob")); got.status != http.StatusOK {
		t.Errorf("the next request got %d", got.status)
	}
}

// An operation in which a handler panics has ended for those that were told of its beginning.
func (on cases) TestOperationHandlerThatPanics(t *testing.T) {
	for name, bad := range map[string]panicking{"at the beginning": {true}, "at the end": {false}} {
		first := &told{}
		s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithOperations(first),
			gormsession.WithOperations(bad))
		if got := s.visit(keyWithoutRow, readName); got.status != http.StatusInternalServerError {
			t.Errorf("%s: answered with %d", name, got.status)
		}
		if got := first.take(); len(got) != 1 {
			t.Errorf("%s: the other handler is told %q", name, got)
		}
	}
}

type panicking struct{ begins bool }

func (p panicking) BeginOperation(
	ctx context.Context, _ gormsession.OperationKind,
) (context.Context, func(gormsession.Operation)) {
	if p.begins {
		panic("a handler")
	}
	return ctx, func(gormsession.Operation) { panic("a handler") }
}

type meddler struct{ state **gormsession.State }

func (m meddler) BeginOperation(
	ctx context.Context, _ gormsession.OperationKind,
) (context.Context, func(gormsession.Operation)) {
	if *m.state != nil {
		(*m.state).Set("n", 1)
	}
	return ctx, func(gormsession.Operation) {}
}
