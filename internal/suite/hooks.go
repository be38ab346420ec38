package suite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Hooks see the row that is written, at an insert, an update, a replay and a cycle, and what they
// change in it is stored.
func (on cases) TestHooksSeeTheRow(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		t.Parallel()
		p := &probe{}
		for name, model := range watched(p) {
			for _, replaced := range []bool{false, true} {
				opts := []gormsession.Option{model}
				if replaced {
					opts = append(opts, gormsession.WithReplacedRows())
				}
				now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
				g := config.Gorm()
				g.NowFunc = func() time.Time { return now }
				a, b := on.nodes(t, d, g, opts...)
				a.table = "watched_sessions"
				check := func(what, key, stamp string, want ...string) {
					t.Helper()
					var row watchedSession
					if err := a.db.Session(&gorm.Session{SkipHooks: true}).
						Take(&row, "session_key = ?", stored(key)).Error; err != nil {
						t.Fatalf("%s, %s: %v\n%s", name, what, err, a.log)
					}
					if row.Stamp != stamp || row.UserID == 0 || !row.Changed.Equal(now) {
						t.Errorf("%s, %s: stored %q, user %d, %v",
							name, what, row.Stamp, row.UserID, row.Changed)
					}
					for i, w := range want {
						want[i] = strings.Replace(w, "KEY", stored(key)[:8], 1)
					}
					if heard := p.take(); !slices.Equal(heard, want) {
						t.Errorf("%s, %s: heard %q, not %q", name, what, heard, want)
					}
				}
				all := func(verb, data string, user int) (want []string) {
					hooks := []string{"BeforeSave", "Before" + verb, "After" + verb, "AfterSave"}
					for _, hook := range hooks {
						want = append(want, fmt.Sprintf("%s KEY %s user %d", hook, data, user))
					}
					return want
				}
				key := a.start(map[string]any{"user": 7})
				check("insert", key, "BeforeCreate7", all("Create", `{"user":7}`, 7)...)
				now = now.Add(time.Hour)
				a.visit(key, set("user", 8))
				check("update", key, "BeforeUpdate8", all("Update", `{"user":8}`, 8)...)
				a.visit(key, increment)
				check("Modify", key, "BeforeUpdate8", all("Update", `{"n":1,"user":8}`, 8)...)
				now = now.Add(time.Hour)
				cycled := a.visit(key, func(c *Call) { set("user", 9)(c); pageC(c) }).cookie
				if cycled == nil {
					t.Fatalf("%s: the cycle failed\n%s", name, a.log)
				}
				verb := "Update"
				if replaced {
					verb = "Create"
				}
				check("cycle", cycled.Value, "Before"+verb+"9", all(verb, `{"n":1,"user":9}`, 9)...)
				key = cycled.Value
				a.visit(key, func(c *Call) {
					_ = c.Session().Load()
					b.visit(key, set("x", 1))
					p.take()
					c.Session().Set("y", 1)
				})
				heard := p.take()
				if len(heard) == 0 || !strings.HasPrefix(heard[len(heard)-1], "AfterSave") ||
					!strings.Contains(heard[len(heard)-1], `{"n":1,"user":9,"x":1,"y":1} user 9`) {
					t.Errorf("%s, replay: heard %q", name, heard)
				}
				a.exec("DELETE FROM watched_sessions")
			}
		}
	})
}

// A hook's error is the application's, whatever it is: 500, ErrRejected that wraps it, and run
// once. What the hook comes after is undone, also where GORM has no transaction by itself.
func (on cases) TestHookThatRefuses(t *testing.T) {
	errors := map[string]error{
		"plain":     errors.New("not today"),
		"EOF":       fmt.Errorf("the other service: %w", io.EOF),
		"bad conn":  driver.ErrBadConn,
		"a dial":    &net.OpError{Op: "dial", Err: errors.New("refused")},
		"deadline":  context.DeadlineExceeded,
		"cancel":    context.Canceled,
		"duplicate": gorm.ErrDuplicatedKey,
		"not found": gorm.ErrRecordNotFound,
	}
	ops := map[string]struct {
		hooks []string
		page  func(*Call)
	}{
		"insert": {[]string{"BeforeSave", "BeforeCreate", "AfterCreate", "AfterSave"}, set("user", 1)},
		"update": {[]string{"BeforeSave", "BeforeUpdate", "AfterUpdate", "AfterSave"}, set("user", 1)},
		"modify": {[]string{"BeforeSave", "AfterSave"}, increment},
		"cycle": {[]string{"BeforeSave", "BeforeUpdate", "AfterUpdate", "AfterSave"},
			func(c *Call) { set("user", 1)(c); pageC(c) }},
	}
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		t.Parallel()
		p := &probe{audit: true}
		for name, model := range watched(p) {
			a, _ := on.nodes(t, d, config.Gorm(), model)
			a.table = "watched_sessions"
			a.exec("CREATE TABLE audits (what varchar(40))")
			for what, err := range errors {
				for op, o := range ops {
					for _, hook := range o.hooks {
						key := ""
						if op != "insert" {
							key = a.start(map[string]any{"user": 7})
						}
						a.exec("DELETE FROM audits")
						before := a.rows()
						p.take()
						p.fails = map[string]error{hook: err}
						got, told := a.do(key, o.page)
						p.fails = nil
						what := fmt.Sprintf("%s, %s, %s: %s", name, what, op, hook)
						a.rejected(what, got, told)
						if !isOf(told, err) {
							t.Errorf("%s: %v does not wrap the hook's error", what, told)
						}
						runs := 0
						for _, heard := range p.take() {
							if strings.HasPrefix(heard, hook+" ") {
								runs++
							}
						}
						if runs != 1 {
							t.Errorf("%s: run %d times", what, runs)
						}
						after := a.rows()
						if len(after) != len(before) || after[stored(key)] != before[stored(key)] {
							t.Errorf("%s: %v became %v", what, before, after)
						}
						var audits int64
						if err := a.db.Table("audits").Count(&audits).Error; err != nil || audits != 0 {
							t.Errorf("%s: %d audits of what was undone, %v", what, audits, err)
						}
						a.exec("DELETE FROM watched_sessions")
					}
				}
			}
			a.log.wants(t, "rejected by a hook of the model", "not today")
			a.exec("DROP TABLE audits")
		}
	})
}

func isOf(err, target error) bool { return errors.Is(err, target) }

// A fault of the database is none of the model's, hooks or not.
func (on behind) TestFaultBesideHooks(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		t.Parallel()
		p := &probe{}
		g := config.Gorm()
		g.TranslateError = true
		keys := &keyring{}
		a, _ := on.nodes(t, d, g, watched(p)["pointer"], on.inside.WithNewKey(keys.newKey),
			gormsession.WithTimeout(time.Second))
		a.table = "watched_sessions"
		key := a.start(map[string]any{"user": 7})
		for _, err := range []error{refusals[d.Kind()], errors.New("the driver says so")} {
			a.statements.Fail(failing("UPDATE", err))
			if got, told := a.do(key, set("user", 8)); got.status != http.StatusServiceUnavailable ||
				!errors.Is(told, gormsession.ErrUnavailable) {
				t.Errorf("%v: answered with %d (%v)", err, got.status, told)
			}
		}
		fail, _ := failsFirst("UPDATE", rollbacks[d.Kind()][0], 2)
		a.statements.Fail(fail)
		if got := a.visit(key, set("user", 8)); got.status != http.StatusOK {
			t.Errorf("rolled back twice: answered with %d", got.status)
		}
		a.heals()
		// A key that is taken is no news of the hooks either.
		keys.repeat(key)
		if got := a.visit("", set("user", 9)); got.cookieIs(key) != "new" {
			t.Errorf("a key that is taken: answered with %d", got.status)
		}
		keys.repeat(key)
		other := a.start(map[string]any{"user": 1})
		keys.repeat(key)
		if got := a.visit(other, pageC); got.cookieIs(key) != "new" || got.cookie.Value == other {
			t.Errorf("a cycle to a key that is taken: answered with %d", got.status)
		}
	})
}
