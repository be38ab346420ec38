package suite

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Of 50 logins of a user at once, over pools of their own, exactly as many succeed as there is room
// for: of visitors with a session and without one, also where a new key is another row. Who is
// refused keeps what he had, and nobody else is counted.
func (on cases) TestUserLimitRefusing(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		limit := gormsession.WithUserLimitRefusing(5)
		sites := []*site{
			on.fresh(t, d, c, limit), on.fresh(t, d, c, limit),
			on.fresh(t, d, c, limit, gormsession.WithReplacedRows()),
		}
		a := sites[0]
		a.moved("", logIn("bob"))
		visitors := make([]string, 50)
		for i := range visitors {
			if i%3 == 0 {
				visitors[i] = a.start(map[string]any{"n": i})
			}
		}
		before := a.rows()
		var mu sync.Mutex
		var in []string
		var wg sync.WaitGroup
		for i, key := range visitors {
			wg.Go(func() {
				got := sites[i%len(sites)].visit(key, logIn("ann"))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case got.status == http.StatusOK && got.cookieIs(key) == "new":
					in = append(in, got.cookie.Value)
				case got.status != http.StatusForbidden || got.cookie != nil:
					t.Errorf("a login: %d, and the cookie is %q", got.status, got.cookieIs(key))
				case key != "" && a.rows()[stored(key)] != before[stored(key)]:
					t.Error("a login that was refused has changed the session")
				}
			})
		}
		wg.Wait()
		left, err := a.plugin.Sessions(t.Context(), "ann")
		if err != nil || len(left) != 5 || len(in) != 5 {
			t.Fatalf("%d logins have succeeded, and %d sessions are there, %v", len(in), len(left), err)
		}
		for i, key := range in { // each is one of the five itself
			in[i] = a.moved(key, logIn("ann"))
		}
		a.moved("", logIn("Ann"))
		if got := a.visit("", logIn("ann")); got.status != http.StatusForbidden {
			t.Errorf("one more: %d", got.status)
		}
		a.visit(in[0], func(c *Call) { c.Session().LogOut() })
		in[0] = a.moved("", logIn("ann"))
		if got := a.visit("", logIn("ann")); got.status != http.StatusForbidden {
			t.Errorf("one more after a logout: %d", got.status)
		}
		a.exec("UPDATE web_sessions SET expire_date = ? WHERE session_key = ?",
			gormsession.Expiry{Time: a.clock.Now().Add(-time.Second)}, stored(in[1]))
		a.moved("", logIn("ann")) // what has expired does not count
	})
}

// So it is with two processes.
func (on cases) TestUserLimitRefusingOfProcesses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		peers := []*peer{
			on.startPeer(t, d, limitVariable+"=5"), on.startPeer(t, d, limitVariable+"=5"),
		}
		var in, refused atomic.Int64
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				switch got := peers[i%2].do("", "login"); got.status {
				case http.StatusOK:
					in.Add(1)
				case http.StatusForbidden:
					refused.Add(1)
				default:
					t.Errorf("a login: %d %s", got.status, got.body)
				}
			})
		}
		wg.Wait()
		if in.Load() != 5 || refused.Load() != 45 {
			t.Errorf("%d logins have succeeded, and %d were refused", in.Load(), refused.Load())
		}
	})
}

// A handler hears of the refusal from Save, and answers itself once it has discarded the login; one
// that does not is answered for by 403, also where there would be room by then. It is told of once,
// with the visitor's session.
func (on cases) TestLoginThatIsRefused(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		h := &heard{then: handlerFunc(func() {})}
		var handled error
		s := on.fresh(t, d, c, gormsession.WithUserLimitRefusing(1), gormsession.WithEvents(h),
			gormsession.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) bool {
				handled = err
				return true
			}))
		ann := s.moved("", logIn("ann"))
		visitor := s.start(map[string]any{"cart": "tea"})
		saves := func(then func(c *Call)) func(*Call) {
			return func(c *Call) {
				c.Session().Set("cart", "beer")
				c.Session().LogIn("ann")
				if err := c.Session().Save(); !errors.Is(err, gormsession.ErrUserLimit) {
					t.Errorf("Save: %v", err)
				}
				then(c)
			}
		}
		for name, test := range map[string]struct {
			page    func(*Call)
			status  int
			body    string
			handled bool
		}{
			"without Save": {logIn("ann"), http.StatusForbidden, "Forbidden\n", true},
			"ignored": {saves(func(c *Call) {
				c.Session().Set("cart", "wine")
				if err := c.Session().Err(); !errors.Is(err, gormsession.ErrUserLimit) {
					t.Errorf("Err: %v", err)
				}
				c.String(http.StatusOK, "welcome")
			}), http.StatusForbidden, "Forbidden\n", true},
			"answered by an error page": {saves(func(c *Call) {
				c.String(http.StatusInternalServerError, "sorry")
			}), http.StatusInternalServerError, "sorry", false},
			"discarded": {saves(func(c *Call) {
				c.Session().Discard()
				c.String(http.StatusTeapot, "no %q %v", c.Session().UserID(), c.Session().Err())
			}), http.StatusTeapot, `no "" <nil>`, false},
		} {
			for _, key := range []string{visitor, ""} {
				before := s.rows()
				handled = nil
				h.take()
				got := s.visit(key, test.page)
				if got.status != test.status || got.body != test.body || got.cookie != nil ||
					errors.Is(handled, gormsession.ErrUserLimit) != test.handled {
					t.Errorf("%s: %d %q, the cookie %v, handled %v", name, got.status, got.body, got.cookie,
						handled)
				}
				want := "rejected ann/user limit 1"
				if key != "" {
					want += " " + stored(key)[:12]
				}
				if told := h.take(); !slices.Equal(told, []string{want}) {
					t.Errorf("%s: told %q, want %q", name, told, want)
				}
				if after := s.rows(); len(after) != len(before) ||
					after[stored(visitor)] != before[stored(visitor)] {
					t.Errorf("%s: the rows have changed", name)
				}
			}
		}
		got := s.visit(visitor, saves(func(*Call) {
			s.moved(ann, func(c *Call) { c.Session().LogOut(); c.Session().Set("n", 1) })
		}))
		if got.status != http.StatusForbidden || s.entries(visitor)["cart"] != "tea" {
			t.Errorf("where there is room by the end: %d, %v", got.status, s.entries(visitor))
		}
		s.moved(visitor, logIn("ann"))
	})
}

// A login that is refused ends what was another user's session all the same, as each login does
// that another user's session comes with.
func (on cases) TestLoginThatIsRefusedAfterAnotherUser(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, gormsession.WithUserLimitRefusing(1))
		s.moved("", logIn("ann"))
		bob := s.moved("", logIn("bob"))
		got := s.visit(bob, logIn("ann"))
		if got.status != http.StatusForbidden || got.cookieIs(bob) != "deleted" || len(s.rows()) != 1 {
			t.Errorf("%d, the cookie is %q, and %d rows", got.status, got.cookieIs(bob), len(s.rows()))
		}
	})
}

// A login whose answer is lost is counted once, and is refused by nothing that came after it; and
// one that was undone, while another has taken the place, is refused for certain.
func (on cases) TestUserLimitAndALostAnswer(t *testing.T) {
	limit := func(*keyring) gormsession.Option { return gormsession.WithUserLimitRefusing(1) }
	on.lossySites(t, func(t *testing.T, s lossySite, _ bool) {
		visitor := func() string { return s.start(map[string]any{"n": 1}) }
		nobody := func() string { return "" }
		left := func(what string) {
			t.Helper()
			if n, err := s.plugin.EndAll(t.Context(), "ann"); err != nil || n != 1 {
				t.Errorf("%s: %d sessions, %v", what, n, err)
			}
		}
		for what, test := range map[string]struct {
			verb string
			key  func() string
		}{
			"INSERT": {"INSERT", nobody}, "COMMIT of an INSERT": {"COMMIT", nobody},
			"UPDATE": {"UPDATE", visitor}, "COMMIT of an UPDATE": {"COMMIT", visitor},
		} {
			key := test.key()
			s.loses(test.verb, nil)
			s.moved(key, logIn("ann"))
			left(what)
			s.loses("", nil)
			s.moved("", logIn("another"))
			key = test.key()
			another := func() {
				s.exec("UPDATE web_sessions SET user_id = 'ann' WHERE user_id = 'another'")
			}
			s.delays(test.verb, another)
			s.statements.Hook(second("BEGIN", another))
			if got := s.visit(key, logIn("ann")); got.status != http.StatusForbidden || got.cookie != nil {
				t.Errorf("%s, and another login: %d\n%s", what, got.status, s.log)
			}
			left(what)
		}
	}, limit)
}

// A login that waits for another one of its user's for longer than it has time is "unavailable",
// and holds no lock after that; what the application's transactions are by default does not matter.
func (on cases) TestUserLimitWaits(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		for _, level := range []string{"repeatable read", "serializable"} {
			t.Run(string(kind)+"/"+level, func(t *testing.T) {
				t.Parallel()
				d := dbtest.New(t, kind)
				setting := map[dbtest.Kind]string{
					dbtest.Postgres: " default_transaction_isolation='" + level + "'",
					dbtest.MariaDB: "&tx_isolation=%27" +
						strings.ToUpper(strings.ReplaceAll(level, " ", "-")) + "%27",
				}[kind]
				open := func() *gorm.DB { return openDSN(t, kind, d.DSN()+setting) }
				a := on.newSiteOn(t, open(), gormsession.WithUserLimitRefusing(5))
				b := on.newSiteOn(t, open(), gormsession.WithUserLimitRefusing(5),
					gormsession.WithTimeout(300*time.Millisecond))
				entered, leave := make(chan struct{}), make(chan struct{})
				goOn := sync.OnceFunc(func() { close(leave) })
				t.Cleanup(goOn) // before the servers close
				var once sync.Once
				err := a.db.Callback().Row().After("gorm:row").Register("hold", func(tx *gorm.DB) {
					if strings.Contains(tx.Statement.SQL.String(), "COUNT(*)") {
						once.Do(func() { close(entered); <-leave })
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				var wg sync.WaitGroup
				wg.Go(func() { a.moved("", logIn("ann")) })
				<-entered
				if got := b.visit("", logIn("ann")); !got.is503() {
					t.Errorf("while another one holds on: %d", got.status)
				}
				if kind != dbtest.MariaDB || level != "serializable" { // there to count locks the gap
					b.moved("", logIn("bob"))
				}
				goOn()
				wg.Wait()
				var in atomic.Int64
				for i := range 20 {
					wg.Go(func() {
						if got := []*site{a, b}[i%2].visit("", logIn("ann")); got.status == http.StatusOK {
							in.Add(1)
						}
					})
				}
				wg.Wait()
				if all, err := a.plugin.Sessions(t.Context(), "ann"); err != nil || len(all) != 5 {
					t.Errorf("%d sessions, %v", len(all), err)
				}
			})
		}
	}
}

// The limit holds through a resolver of replicas as well, on the pool of the primary, and a login
// that meets another save succeeds: the handle's own pool may reach the same table.
func (on cases) TestUserLimitBehindAResolver(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		open := func(own *dbtest.DB) *site {
			db := own.Open(t, c.Gorm())
			err := db.Use(dbresolver.Register(dbresolver.Config{
				Sources: []gorm.Dialector{d.Dialector()},
			}))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if pool, err := db.Clauses(dbresolver.Write).DB(); err == nil {
					pool.Close()
				}
			})
			s := on.newSiteOn(t, db, gormsession.WithUserLimitRefusing(3))
			err = db.Callback().Row().After("gorm:row").Register("lock", func(tx *gorm.DB) {
				_, held := tx.Statement.ConnPool.(gorm.TxCommitter)
				if !held && strings.Contains(tx.Statement.SQL.String(), "_LOCK(") {
					t.Error("a connection of the pool has the lock, and not that of the login")
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		a, b := open(dbtest.New(t, d.Kind())), open(d)
		var in atomic.Int64
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if got := []*site{a, b}[i%2].visit("", logIn("ann")); got.status == http.StatusOK {
					in.Add(1)
				}
			})
		}
		wg.Wait()
		if in.Load() != 3 {
			t.Errorf("%d logins have succeeded", in.Load())
		}
		key := b.start(map[string]any{"n": 1})
		b.moved(key, func(c *Call) {
			c.Session().Get("n")
			a.visit(key, writeName("Ann"))
			logIn("bob")(c)
		})
	})
}
