package sessiontest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/sessiontest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// An order of the shop that is tested.
type order struct {
	ID   uint
	Item string `gorm:"size:20;unique"`
}

// ordering is a shop whose orders and sessions are in one database.
func ordering(db *gorm.DB, plugin *gormsession.Plugin) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(ginsession.Handler(plugin))
	r.GET("/cart/:item", func(c *gin.Context) { ginsession.Get(c).Set("cart", c.Param("item")) })
	r.GET("/order", func(c *gin.Context) {
		s := ginsession.Get(c)
		err := db.Transaction(func(tx *gorm.DB) error {
			item, _ := s.Get("cart").(string) // read in the middle of it
			if err := tx.Create(&order{Item: item}).Error; err != nil {
				return err
			}
			s.Delete("cart")
			return s.SaveIn(tx)
		})
		c.String(http.StatusOK, "%t", err == nil)
	})
	r.GET("/note", func(c *gin.Context) { // an error that the handler takes for an answer
		s := ginsession.Get(c)
		err := db.Exec("INSERT INTO orders (item) VALUES (?)", s.Get("cart")).Error
		s.Set("noted", err == nil)
		c.String(http.StatusOK, "%t", err == nil)
	})
	r.GET("/visit", func(c *gin.Context) { visits.Modify(ginsession.Get(c), inc) })
	r.GET("/save", func(c *gin.Context) {
		_ = db.Transaction(func(tx *gorm.DB) error {
			s := ginsession.Get(c)
			s.Set("cart", "tea")
			err := s.Save()
			c.String(http.StatusOK, "%+v", err)
			return err
		})
	})
	r.GET("/login/:user", func(c *gin.Context) { ginsession.Get(c).LogIn(c.Param("user")) })
	return r
}

const visits = ginsession.Field[int]("visits")

func inc(n int) int { return n + 1 }

// All that a test does is within its transaction, where what fails fails alone; and the next test
// finds nothing of it. On each database and setting of GORM.
func TestTransaction(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		db := d.Open(t, config.Gorm())
		opts := []gormsession.Option{gormsession.WithUserLimitRefusing(1)}
		if err := errors.Join(gormsession.Migrate(db, opts...), db.AutoMigrate(&order{})); err != nil {
			t.Fatal(err)
		}
		for _, test := range []string{"one test", "the next"} {
			t.Run(test, func(t *testing.T) {
				tx := sessiontest.Transaction(t, db)
				plugin, err := gormsession.New(tx, opts...)
				if err != nil {
					t.Fatal(err)
				}
				ann := sessiontest.NewClient(t, ordering(tx, plugin), plugin)
				for _, visit := range [][2]string{
					{"/cart/tea", ""}, {"/order", "true"}, {"/cart/tea", ""}, {"/order", "false"},
					{"/note", "false"}, {"/cart/cup", ""}, {"/note", "true"}, {"/login/42", ""},
				} {
					if got := page(t, ann, visit[0]); got != "200 OK "+visit[1] {
						t.Errorf("%s: %s", visit[0], got)
					}
				}
				if e := ann.Entries(); e["cart"] != "cup" || e["noted"] != true || e["_user"] != "42" {
					t.Errorf("the session holds %v", e)
				}
				if got := page(t, ann.Another(), "/login/42"); !strings.HasPrefix(got, "403 ") {
					t.Errorf("a second login ends in %s", got)
				}
				var items []string
				if err := tx.Model(&order{}).Order("item").Pluck("item", &items).Error; err != nil ||
					fmt.Sprint(items) != "[cup tea]" {
					t.Errorf("the orders are %v, %v", items, err)
				}
				isEmpty(t, db)
			})
			isEmpty(t, db)
		}
	})
}

// isEmpty fails where others than the test can see something of it.
func isEmpty(t *testing.T, db *gorm.DB) {
	t.Helper()
	for _, table := range []string{"web_sessions", "orders"} {
		var n int64
		if err := db.Table(table).Count(&n).Error; err != nil || n > 0 {
			t.Errorf("others see %d rows of %s, %v", n, table, err)
		}
	}
}

// Requests at once follow each other, and none is lost.
func TestTransactionOfManyRequests(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		db := d.Open(t)
		if err := gormsession.Migrate(db); err != nil {
			t.Fatal(err)
		}
		tx := sessiontest.Transaction(t, db)
		plugin, err := gormsession.New(tx)
		if err != nil {
			t.Fatal(err)
		}
		ann := sessiontest.NewClient(t, ordering(tx, plugin), plugin).LogIn(42)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if got := page(t, ann, "/visit"); got != "200 OK " {
					t.Error(got)
				}
			})
		}
		wg.Wait()
		if got := ann.Entries()["visits"]; got != int64(20) {
			t.Errorf("%v visits were counted", got)
		}
	})
}

// A Save in the middle of the handler's own transaction waits for itself, and its error says how to
// do without.
func TestTransactionThatWaitsForItself(t *testing.T) {
	tx := sessiontest.Transaction(t, dbtest.New(t, dbtest.SQLite).Open(t))
	plugin, err := gormsession.New(tx, gormsession.WithTimeout(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	ann := sessiontest.NewClient(t, ordering(tx, plugin), plugin).LogIn(42)
	if got := page(t, ann, "/save"); !strings.Contains(got, "State.SaveIn") {
		t.Error(got)
	}
}

// A transaction whose statement has failed, and whose error nobody has heeded, harms nothing that
// comes after it: PostgreSQL rolls it back, as it does without the test's transaction.
func TestTransactionOfADroppedError(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		db := d.Open(t)
		if err := db.AutoMigrate(&order{}); err != nil {
			t.Fatal(err)
		}
		tx := sessiontest.Transaction(t, db)
		want := "[cup pot tea]"
		first := tx.Create(&order{Item: "tea"}).Error
		committed := tx.Transaction(func(tx *gorm.DB) error {
			tx.Exec("INSERT INTO orders (item) VALUES (?)", "tea")
			tx.Exec("INSERT INTO orders (item) VALUES (?)", "cup")
			return nil
		})
		if d.Kind() == dbtest.Postgres {
			want = "[pot tea]"
		}
		after := tx.Create(&order{Item: "pot"}).Error
		if first != nil || (committed != nil) != (d.Kind() == dbtest.Postgres) || after != nil {
			t.Errorf("before: %v; the commit: %v; after: %v", first, committed, after)
		}
		var items []string
		if err := tx.Model(&order{}).Order("item").Pluck("item", &items).Error; err != nil ||
			fmt.Sprint(items) != want {
			t.Errorf("the orders are %v, %v", items, err)
		}
	})
}

// A query that writes takes its turn as a statement does, or another one's rollback would undo it.
func TestTransactionAndAQueryThatWrites(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	if err := db.AutoMigrate(&order{}); err != nil {
		t.Fatal(err)
	}
	tx := sessiontest.Transaction(t, db)
	insert := func(db *gorm.DB) (item string, err error) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err = db.WithContext(ctx).
			Raw("INSERT INTO orders (item) VALUES ('tea') RETURNING item").Scan(&item).Error
		return item, err
	}
	_ = tx.Transaction(func(*gorm.DB) error {
		if _, err := insert(tx); err == nil || !strings.Contains(err.Error(), "use its handle") {
			t.Errorf("beside a transaction it ends in %v", err)
		}
		return errors.New("no")
	})
	if item, err := insert(tx); item != "tea" || err != nil {
		t.Errorf("by itself it ends in %q, %v", item, err)
	}
}

// A resolver would send statements past the transaction, so it is refused.
func TestTransactionBesideAResolver(t *testing.T) {
	d := dbtest.New(t, dbtest.SQLite)
	db := d.Open(t)
	resolver := dbresolver.Register(dbresolver.Config{Replicas: []gorm.Dialector{d.Dialector()}})
	if err := db.Use(resolver); err != nil {
		t.Fatal(err)
	}
	refused := &refusal{TB: t}
	done := make(chan bool)
	go func() {
		defer close(done)
		sessiontest.Transaction(refused, db)
	}()
	<-done
	if !strings.Contains(refused.said, "without dbresolver") {
		t.Errorf("it says %q", refused.said)
	}
}

// A refusal is a test that fails.
type refusal struct {
	testing.TB
	said string
}

func (r *refusal) Fatal(args ...any) {
	r.said = fmt.Sprint(args...)
	runtime.Goexit()
}
