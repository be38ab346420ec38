package ginsession_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A route that needs the password again is closed to who has logged in too long ago, or not at all,
// with a status of its own or what the application says instead, and no handler behind it runs.
func TestRequireFresh(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	r := gin.New()
	r.Use(ginsession.New(db, gormsession.WithClock(func() time.Time { return now })))
	r.GET("/login", func(c *gin.Context) { ginsession.Get(c).LogIn(7) })
	transfer := func(c *gin.Context) { c.String(http.StatusOK, "done") }
	r.GET("/bare", ginsession.RequireFresh(time.Minute), transfer)
	r.GET("/asking", ginsession.RequireFresh(time.Minute, func(c *gin.Context) {
		c.Redirect(http.StatusSeeOther, "/password")
	}), transfer)
	cookie := ""
	visit := func(path string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		if cookie != "" {
			request.Header.Set("Cookie", "session="+cookie)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		for _, c := range w.Result().Cookies() {
			cookie = c.Value
		}
		return w
	}
	wants := func(when string, bare, asking int) {
		t.Helper()
		for path, want := range map[string]int{"/bare": bare, "/asking": asking} {
			w := visit(path)
			if w.Code != want || (w.Body.String() == "done") != (want == http.StatusOK) {
				t.Errorf("%s, %s: %d %s, not %d", when, path, w.Code, w.Body, want)
			}
		}
	}
	wants("nobody", http.StatusUnauthorized, http.StatusSeeOther)
	visit("/login")
	wants("fresh", http.StatusOK, http.StatusOK)
	now = now.Add(time.Minute)
	wants("stale", http.StatusForbidden, http.StatusSeeOther)
	visit("/login")
	wants("again", http.StatusOK, http.StatusOK)
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.Close()
	wants("no database", http.StatusServiceUnavailable, http.StatusServiceUnavailable)
}
