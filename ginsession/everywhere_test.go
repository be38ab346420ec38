package ginsession_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// UserSession is README's row with a column of the application's own.
type UserSession struct {
	gormsession.Session
	UserID *int64 `gorm:"index"`
}

// README's recipe for logging out everywhere ends each session of the user's, that of the request
// among them.
func TestReadmeLogsOutEverywhere(t *testing.T) {
	s := newSite(t, gormsession.WithModel(
		func(row gormsession.Session, e gormsession.Entries) UserSession {
			u := UserSession{Session: row}
			if id, ok := e.Get("user_id").(int64); ok {
				u.UserID = &id
			}
			return u
		}))
	db := s.DB
	s.engine.GET("/login", s.session, func(c *gin.Context) { ginsession.Get(c).Set("user_id", 42) })
	s.engine.GET("/logout", s.session, func(c *gin.Context) {
		session := ginsession.Get(c)
		session.Flush() // what follows is a session of its own, without the user
		if err := db.Where("user_id = ?", 42).Delete(&UserSession{}).Error; err != nil {
			c.AbortWithStatus(http.StatusInternalServerError) // the others are still logged in
			return
		}
		session.Flash("You are logged out everywhere.")
		c.Redirect(http.StatusSeeOther, "/")
	})
	s.get("/login")
	if a := s.get("/logout", s.get("/login")); a.status != 303 || len(a.cookies()) != 1 {
		t.Errorf("answered with %d, %q", a.status, a.cookies())
	}
	var left []UserSession
	if err := db.Find(&left).Error; err != nil || len(left) != 1 || left[0].UserID != nil {
		t.Errorf("%d sessions are left, %v", len(left), err)
	}
}

// New says in a panic, as gin does of routes, what gormsession.New returns.
func TestNewPanics(t *testing.T) {
	defer func() {
		said := fmt.Sprint(recover())
		if !strings.Contains(said, "WithLifetime takes a second or more") {
			t.Errorf("the panic says %s", said)
		}
	}()
	ginsession.New(dbtest.New(t, dbtest.SQLite).Open(t), gormsession.WithLifetime(0))
}
