//go:build !race

package gormsession_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What a request allocates beyond the same page without sessions stays within a bound, by what it
// does, on each database and under the two settings of GORM's that matter. The driver's share is in
// it, and differs from version to version by one or two: the bounds leave room for three.
func TestAllocations(t *testing.T) {
	n := 0
	pages := map[string]func(c *gin.Context){
		"untouched": func(c *gin.Context) {},
		"read":      func(c *gin.Context) { ginsession.Get(c).Get("name") },
		"write": func(c *gin.Context) {
			n++
			ginsession.Get(c).Set("name", strconv.Itoa(n))
		},
		"create": func(c *gin.Context) { ginsession.Get(c).Set("name", "Ann") },
	}
	bounds := map[dbtest.Kind]map[string]map[string]float64{
		dbtest.SQLite:   {"default": boundsOf(1, 51, 125, 79), "both": boundsOf(1, 51, 105, 58)},
		dbtest.Postgres: {"default": boundsOf(1, 62, 138, 80), "both": boundsOf(1, 62, 118, 60)},
		dbtest.MariaDB:  {"default": boundsOf(1, 61, 136, 79), "both": boundsOf(1, 58, 114, 60)},
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for config, bound := range bounds[d.Kind()] {
			tuned := config == "both"
			db := dbtest.New(t, d.Kind()).Open(t,
				&gorm.Config{PrepareStmt: tuned, SkipDefaultTransaction: tuned})
			plugin, err := gormsession.New(db, gormsession.WithCleanup(0))
			if err != nil {
				t.Fatal(err)
			}
			bare, with := gin.New(), gin.New()
			with.Use(ginsession.Handler(plugin))
			var key string
			with.GET("/start", func(c *gin.Context) {
				s := ginsession.Get(c)
				s.Set("name", "Ann")
				_ = s.Save()
				key = s.Key()
			})
			ask(t, with, "/start", "")
			for name, page := range pages {
				with.GET("/"+name, page)
				bare.GET("/"+name, func(*gin.Context) {})
				brings := key
				if name == "create" {
					brings = ""
				}
				floor := testing.AllocsPerRun(100, func() { ask(t, bare, "/"+name, brings) })
				got := testing.AllocsPerRun(100, func() { ask(t, with, "/"+name, brings) }) - floor
				if got > bound[name] {
					t.Errorf("%s, %s: %v allocations, at most %v", config, name, got, bound[name])
				}
				t.Logf("%s, %s: %v", config, name, got)
			}
		}
	})
}

func boundsOf(untouched, read, write, create float64) map[string]float64 {
	return map[string]float64{
		"untouched": untouched, "read": read, "write": write, "create": create,
	}
}

func ask(t *testing.T, handler http.Handler, path, key string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if key != "" {
		r.Header.Set("Cookie", "session="+key)
	}
	w := httptest.NewRecorder()
	if handler.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Fatalf("%s is answered with %d", path, w.Code)
	}
}
