package gormsession_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Each statement of a session's goes through GORM's callbacks, where tracing, metrics and audits
// are, with its text, its table and, of a write, its model: none goes around them.
func TestEachStatementIsSeenByCallbacks(t *testing.T) {
	pages := map[string]func(c *gin.Context){
		"read":   func(c *gin.Context) { ginsession.Get(c).Get("n") },
		"create": func(c *gin.Context) { ginsession.Get(c).Set("name", "Ann") },
		"write":  func(c *gin.Context) { ginsession.Get(c).Set("name", time.Now().String()) },
		"modify": func(c *gin.Context) {
			gormsession.Field[int]("n").Modify(ginsession.Get(c), func(n int) int { return n + 1 })
		},
		"cycle":  func(c *gin.Context) { ginsession.Get(c).CycleKey() },
		"touch":  func(c *gin.Context) { ginsession.Get(c).Touch() },
		"logout": func(c *gin.Context) { ginsession.Get(c).Flush() },
		"lost":   nil, // a write that meets another one
	}
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		db, statements := d.OpenCounted(t, config.Gorm())
		seen := watchCallbacks(t, db)
		now := time.Now()
		plugin, err := gormsession.New(db, gormsession.WithCleanup(0),
			gormsession.WithClock(func() time.Time { now = now.Add(24 * time.Hour); return now }))
		if err != nil {
			t.Fatal(err)
		}
		engine := gin.New()
		engine.Use(ginsession.Handler(plugin))
		var key string
		start := func() {
			s, err := plugin.Open(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			s.Set("n", 1)
			if err := s.Save(); err != nil {
				t.Fatal(err)
			}
			key = s.Key()
		}
		pages["lost"] = func(c *gin.Context) {
			s := ginsession.Get(c)
			s.Set("name", "Bob")
			other, err := plugin.Open(c, key)
			if err != nil {
				t.Error(err)
			}
			other.Set("other", time.Now().String())
			if err := other.Save(); err != nil {
				t.Error(err)
			}
		}
		for name, page := range pages {
			engine.GET("/"+name, page)
			if start(); name == "create" {
				key = ""
			}
			statements.Reset()
			seen.reset()
			r := httptest.NewRequest("GET", "/"+name, nil)
			if key != "" {
				r.Header.Set("Cookie", "session="+key)
			}
			w := httptest.NewRecorder()
			engine.ServeHTTP(w, r)
			issued := slices.DeleteFunc(statements.All(), func(sql string) bool {
				return sql == "BEGIN" || sql == "COMMIT" || sql == "ROLLBACK"
			})
			if got := seen.all(); w.Code != 200 || len(issued) == 0 || !slices.Equal(got, issued) {
				t.Errorf("%s: %d, callbacks see %q, and the database %q", name, w.Code, got, issued)
			}
		}
	})
}

// callbackLog is what callbacks have seen.
type callbackLog struct {
	mu    sync.Mutex
	texts []string
}

func (w *callbackLog) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = nil
}

func (w *callbackLog) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.texts)
}

// watchCallbacks registers callbacks as a plugin for tracing does.
func watchCallbacks(t *testing.T, db *gorm.DB) *callbackLog {
	seen := &callbackLog{}
	see := func(tx *gorm.DB) {
		sql := tx.Statement.SQL.String()
		verb, _, _ := strings.Cut(sql, " ")
		write := slices.Contains([]string{"INSERT", "UPDATE", "DELETE"}, verb)
		if tx.Statement.Table != "web_sessions" || write && tx.Statement.Schema == nil {
			t.Errorf("of the table %q, schema %v: %s", tx.Statement.Table, tx.Statement.Schema, sql)
		}
		seen.mu.Lock()
		defer seen.mu.Unlock()
		seen.texts = append(seen.texts, sql)
	}
	c := db.Callback()
	for _, err := range []error{
		c.Row().After("gorm:row").Register("watch", see),
		c.Query().After("gorm:query").Register("watch", see),
		c.Raw().After("gorm:raw").Register("watch", see),
		c.Create().After("gorm:create").Register("watch", see),
		c.Update().After("gorm:update").Register("watch", see),
		c.Delete().After("gorm:delete").Register("watch", see),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return seen
}
