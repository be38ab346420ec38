package django

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A relocation is a site in the phases of its move to the default table, on one
// database: as it is beside Django, then with the new table as the former one, with
// Django's as the former one, and with the new one alone.
type relocation struct {
	config                            Config
	db                                *dbtest.DB
	beside, first, second, afterwards *site
}

func newRelocation(t *testing.T, db *dbtest.DB, config Config) relocation {
	t.Helper()
	sessionid := gormsession.WithCookieName("sessionid")
	return relocation{
		config: config, db: db,
		beside:     siteOf(t, db, Compatible(config)),
		first:      siteOf(t, db, Compatible(config), sessionid, gormsession.WithFormer()),
		second:     siteOf(t, db, sessionid, gormsession.WithFormer(Compatible(config))),
		afterwards: siteOf(t, db, sessionid, WithLogins(config)),
	}
}

// siteOf is a site with these options and no others, over a pool of its own.
func siteOf(t *testing.T, db *dbtest.DB, opts ...gormsession.Option) *site {
	t.Helper()
	s := &site{t: t, db: db.Open(t), log: &logbook{}, pages: map[string]gin.HandlerFunc{}}
	var err error
	opts = append(opts, gormsession.WithLogger(slog.New(slog.NewTextHandler(s.log, nil))),
		gormsession.WithTimeout(time.Minute)) // many writers of one SQLite file wait for each other
	if s.plugin, err = gormsession.New(s.db, opts...); err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	engine.Use(gin.CustomRecoveryWithWriter(io.Discard,
		func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusInternalServerError) }))
	engine.Use(ginsession.Handler(s.plugin))
	engine.Any("/:page", func(c *gin.Context) { s.page(c.Param("page"))(c) })
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close) // waits for the requests, so before the database goes
	s.url = server.URL
	return s
}

// move moves once, over a pool of its own. before is called before each row.
func (r relocation) move(
	ctx context.Context, t *testing.T, before ...func(),
) (gormsession.Moved, error) {
	t.Helper()
	db, statements := r.db.OpenCounted(t)
	statements.Hook(func(sql string) {
		// Not before the second DELETE of a row that has changed: nobody can be served while it is
		// locked.
		if strings.HasPrefix(sql, "DELETE") && strings.Contains(sql, "expire_date") {
			for _, f := range before {
				f()
			}
		}
	})
	return MoveToHashed(ctx, db, r.config, gormsession.WithTimeout(time.Minute))
}

// ann and her user model, which is the same in all phases.
var ann = User{ID: "7", Password: "md5$salt$hash"}

func lookupAnn(_ context.Context, id string) (User, error) {
	if id != ann.ID {
		return User{}, fmt.Errorf("there is no user %s", id)
	}
	return ann, nil
}

const (
	moves    = gormsession.Field[int]("moves")
	annsPage = "hello, 7"
)

// greet is a page for Ann alone.
func greet(c *gin.Context) {
	if RequireLogin(lookupAnn)(c); !c.IsAborted() {
		c.String(http.StatusOK, "hello, %s", CurrentUser(c).ID)
	}
}

func logIn(c *gin.Context) {
	if err := Login(ginsession.Get(c), ann); err != nil {
		_ = c.AbortWithError(http.StatusInternalServerError, err)
	}
}

// What Django's table holds is in the new one after the move, logins included, and
// rows of a former SECRET_KEY; what another key has signed stays.
func TestMoveToHashed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *dbtest.DB) {
		t.Parallel()
		config := Config{
			SecretKey: "new", Fallbacks: []string{"old"}, Salt: "django.contrib.sessions.CartStore",
		}
		retired, strange := config, config
		retired.SecretKey, retired.Fallbacks, strange.SecretKey, strange.Fallbacks = "old", nil,
			"strange", nil
		r := newRelocation(t, db, config)
		before := siteOf(t, db, Compatible(retired))
		elsewhere := siteOf(t, db, Compatible(strange))

		alice, bob, stranger := newVisitor(t), newVisitor(t), newVisitor(t)
		r.beside.visit(alice, logIn)
		r.beside.do(alice, func(s *gormsession.State) { s.Set("cart", []any{int64(1), "Käse"}) })
		before.visit(bob, logIn)
		before.do(bob, func(s *gormsession.State) { s.SetExpiry(time.Hour) })
		elsewhere.do(stranger, func(s *gormsession.State) { s.Set("cart", 1) })
		key, expire := r.beside.keyOf(alice), map[string]string{}
		for _, row := range r.beside.rows() {
			expire[row.SessionKey] = row.Expire
		}

		ended, end := context.WithCancel(t.Context())
		end()
		if m, err := r.move(ended, t); !errors.Is(err, context.Canceled) || m != (gormsession.Moved{}) ||
			len(r.beside.rows()) != 3 {
			t.Errorf("a move that has ended: %+v, %v, %d rows are left", m, err, len(r.beside.rows()))
		}
		for _, want := range []gormsession.Moved{{Rows: 2, Undecodable: 1}, {Undecodable: 1}} {
			if m, err := r.move(t.Context(), t); err != nil || m != want {
				t.Errorf("%+v, %v, want %+v", m, err, want)
			}
		}
		if left := r.beside.rows(); len(left) != 1 || left[0].SessionKey != elsewhere.keyOf(stranger) {
			t.Errorf("%d rows are left", len(left))
		}
		if got := r.afterwards.visit(alice, greet); got.body != annsPage {
			t.Errorf("a login after the move: %d %s", got.status, got.body)
		}
		if got := r.afterwards.visit(bob, greet); got.body != annsPage {
			t.Errorf("a login of the former SECRET_KEY after the move: %d %s", got.status, got.body)
		}
		r.afterwards.do(alice, func(s *gormsession.State) {
			if got := fmt.Sprint(s.Get("cart")); got != "[1 Käse]" || s.Key() != key {
				t.Errorf("the cart is %s, the key is the same: %t", got, s.Key() == key)
			}
		})
		var texts []string
		r.beside.db.Raw("SELECT session_data FROM web_sessions").Scan(&texts)
		for _, text := range texts {
			if !strings.HasPrefix(text, `{"`) {
				t.Errorf("the new table holds %.40s", text)
			}
		}
		for name, s := range map[string]*site{"first": r.first, "second": r.second} {
			if got := s.visit(alice, greet); got.body != annsPage {
				t.Errorf("a server of the %s phase answers %d %s", name, got.status, got.body)
			}
		}
	})
}

// A wrong configuration is refused before anything is moved, and so is a table that
// is not there.
func TestMoveToHashedRefused(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	if _, err := MoveToHashed(t.Context(), db, Config{}); err == nil ||
		!strings.Contains(err.Error(), "SecretKey is empty") {
		t.Errorf("without a key: %v", err)
	}
	if _, err := MoveToHashed(t.Context(), db,
		Config{SecretKey: "x"}); !errors.Is(err,
		gormsession.ErrUnavailable) || db.Migrator().HasTable("django_session") {
		t.Errorf("without a table: %v", err)
	}
	if _, err := gormsession.New(db, WithLogins(Config{})); err == nil ||
		!strings.Contains(err.Error(), "SecretKey is empty") {
		t.Errorf("logins without a key: %v", err)
	}
}

// A traveller is somebody who uses the site while it moves, by several connections
// at once unless he changes keys.
type traveller struct {
	client *http.Client
	cycles bool
	done   atomic.Int64
}

// Servers of the two phases run side by side, sessions are moved, and nobody who
// uses them notices: nobody is logged out, no increment is lost.
func TestMoveToHashedUnderTraffic(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *dbtest.DB) {
		t.Parallel()
		r := newRelocation(t, db, Config{SecretKey: "secret"})
		servers := []*site{r.first, r.second}
		for i := range 250 { // others, who give the move something to do
			r.beside.do(newVisitor(t), func(s *gormsession.State) { s.Set("other", i) })
		}
		var all []*traveller
		for i := range 8 {
			v := &traveller{client: newVisitor(t), cycles: i%2 == 0}
			[]*site{r.beside, r.first, r.second}[i%3].visit(v.client, logIn)
			all = append(all, v)
		}
		var wg sync.WaitGroup
		served, stop := make(chan struct{}), make(chan struct{})
		for _, v := range all {
			connections := 3
			if v.cycles {
				connections = 1
			}
			for range connections {
				wg.Go(func() {
					told := false
					for i := 0; ; i++ {
						if problem := v.goOn(servers[rand.IntN(2)], i); problem != "" && !told {
							told = true
							t.Error(problem)
						}
						select {
						case <-stop:
							return
						case served <- struct{}{}:
						default:
						}
					}
				})
			}
		}
		// Between any two rows somebody is served. The first move is ended in its middle, the
		// second goes on.
		requests, middle := 0, 100
		ctx, end := context.WithCancel(t.Context())
		serve := func() {
			<-served
			if requests++; requests == middle {
				end()
			}
		}
		first, err := r.move(ctx, t, serve)
		if !errors.Is(err, context.Canceled) || first.Rows < middle/2 {
			t.Errorf("the first move: %+v, %v", first, err)
		}
		second, err := r.move(t.Context(), t, serve)
		if err != nil || first.Rows+second.Rows < 250 {
			t.Errorf("the second move: %+v, %v", second, err)
		}
		for range 100 {
			serve()
		}
		close(stop)
		wg.Wait()
		if t.Failed() {
			t.Fatalf("the servers said:\n%s%s", r.first.log, r.second.log)
		}
		// Servers of the first phase are gone; what they have made is moved as well, and Django's
		// table is empty.
		last, err := r.move(t.Context(), t)
		if err != nil || len(r.beside.rows()) != 0 {
			t.Errorf("the last move: %+v, %v, %d rows are left", last, err, len(r.beside.rows()))
		}
		for i, v := range all {
			if got := r.afterwards.visit(v.client, greet); got.body != annsPage {
				t.Errorf("traveller %d after the move: %d %s", i, got.status, got.body)
			}
			got := r.afterwards.visit(v.client,
				func(c *gin.Context) { c.String(http.StatusOK, "%d", moves.Or(ginsession.Get(c), 0)) })
			if got.body != strconv.FormatInt(v.done.Load(), 10) {
				t.Errorf("traveller %d has made %d increments, of which %s are there", i, v.done.Load(),
					got.body)
			}
		}
		t.Logf("%s: %d, %d and %d rows moved, %d requests counted meanwhile", db.Kind(), first.Rows,
			second.Rows, last.Rows, requests)
	})
}

// goOn does the next thing that the traveller does, and says what was wrong.
func (v *traveller) goOn(s *site, i int) string {
	what, page, want := "Modify", func(c *gin.Context) {
		session := ginsession.Get(c)
		if _, ok := UserID(session); !ok {
			c.Status(http.StatusUnauthorized)
			return
		}
		moves.Modify(session, func(n int) int { return n + 1 })
	}, ""
	switch {
	case i%4 == 1:
		what, page, want = "page", greet, annsPage
	case i%8 == 6:
		what, page = "Touch", func(c *gin.Context) { ginsession.Get(c).Touch() }
	case i%8 == 7 && v.cycles:
		what, page = "CycleKey", func(c *gin.Context) { ginsession.Get(c).CycleKey() }
	}
	before := s.keyOf(v.client)
	got := s.visit(v.client, page)
	after := s.keyOf(v.client)
	if got.status != http.StatusOK || got.body != want || after == "" ||
		(after != before) != (what == "CycleKey") {
		return fmt.Sprintf("%s was answered with %d %q, the key is the same: %t", what, got.status,
			got.body, before == after)
	}
	if what == "Modify" {
		v.done.Add(1)
	}
	return ""
}
