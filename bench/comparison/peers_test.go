package comparison

import (
	"context"
	"net/http"
	"testing"

	"github.com/alexedwards/scs/gormstore"
	"github.com/alexedwards/scs/v2"
	gcsessions "github.com/gin-contrib/sessions"
	gcgorm "github.com/gin-contrib/sessions/gorm"
	"github.com/gin-gonic/gin"
	"github.com/gorilla/sessions"
	wader "github.com/wader/gormstore/v2"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// session is what a handler may ask of each library.
type session interface {
	get(name string) any
	set(name string, value any)
	save() error // nothing, where the library saves by itself
	logIn() error
	logOut() error
}

// peer is a library, set up as its documentation says.
type peer struct {
	name  string
	table string // of its sessions, and the column of their keys
	key   string
	// mount puts the library around the handlers of an engine, and returns what a handler has.
	mount func(*testing.T, *gorm.DB, *gin.Engine) (http.Handler, func(*gin.Context) session)
}

// The names that tests refer to.
const (
	ofSCS     = "scs"
	ofContrib = "gin-contrib"
	ofGorilla = "gorilla"
	ours      = "gormsession"
)

var (
	secret     = []byte("an authentication key, 32 bytes.")
	cookieName = "session"
)

var peers = []peer{
	{ofSCS, "sessions", "token", mountSCS},
	{ofContrib, "sessions", "id", mountContrib},
	{ofGorilla, "sessions", "id", mountGorilla},
	{ours, "web_sessions", "session_key", mountOurs},
}

// inSCS is a session of github.com/alexedwards/scs.
type inSCS struct {
	m   *scs.SessionManager
	ctx context.Context
}

func mountSCS(
	t *testing.T, db *gorm.DB, e *gin.Engine,
) (http.Handler, func(*gin.Context) session) {
	store, err := gormstore.NewWithCleanupInterval(db, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := scs.New()
	m.Store = store
	return m.LoadAndSave(e), func(c *gin.Context) session { return inSCS{m, c.Request.Context()} }
}

func (s inSCS) get(name string) any        { return s.m.Get(s.ctx, name) }
func (s inSCS) set(name string, value any) { s.m.Put(s.ctx, name, value) }
func (s inSCS) save() error                { return nil }
func (s inSCS) logOut() error              { return s.m.Destroy(s.ctx) }
func (s inSCS) logIn() error {
	err := s.m.RenewToken(s.ctx)
	s.set("user", 42)
	return err
}

// inContrib is a session of github.com/gin-contrib/sessions.
type inContrib struct{ gcsessions.Session }

func mountContrib(
	_ *testing.T, db *gorm.DB, e *gin.Engine,
) (http.Handler, func(*gin.Context) session) {
	e.Use(gcsessions.Sessions(cookieName, gcgorm.NewStore(db, false, secret)))
	return e, func(c *gin.Context) session { return inContrib{gcsessions.Default(c)} }
}

func (s inContrib) get(name string) any        { return s.Get(name) }
func (s inContrib) set(name string, value any) { s.Set(name, value) }
func (s inContrib) save() error                { return s.Save() }
func (s inContrib) logOut() error {
	s.Clear()
	s.Options(gcsessions.Options{Path: "/", MaxAge: -1})
	return s.Save()
}
func (s inContrib) logIn() error {
	s.set("user", 42)
	return s.Save()
}

// inGorilla is a session of github.com/gorilla/sessions on github.com/wader/gormstore.
type inGorilla struct {
	*sessions.Session
	c *gin.Context
}

func mountGorilla(
	_ *testing.T, db *gorm.DB, e *gin.Engine,
) (http.Handler, func(*gin.Context) session) {
	store := wader.New(db, secret)
	return e, func(c *gin.Context) session {
		s, _ := store.Get(c.Request, cookieName) // it gives a session with each error
		return inGorilla{s, c}
	}
}

func (s inGorilla) get(name string) any        { return s.Values[name] }
func (s inGorilla) set(name string, value any) { s.Values[name] = value }
func (s inGorilla) save() error                { return s.Save(s.c.Request, s.c.Writer) }
func (s inGorilla) logOut() error {
	s.Session.Options.MaxAge = -1
	return s.save()
}
func (s inGorilla) logIn() error {
	s.set("user", 42)
	return s.save()
}

// inOurs is one of this module.
type inOurs struct{ *ginsession.State }

func mountOurs(
	t *testing.T, db *gorm.DB, e *gin.Engine,
) (http.Handler, func(*gin.Context) session) {
	plugin, err := gormsession.New(db, gormsession.WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	e.Use(ginsession.Handler(plugin))
	return e, func(c *gin.Context) session { return inOurs{ginsession.Get(c)} }
}

func (s inOurs) get(name string) any        { return s.Get(name) }
func (s inOurs) set(name string, value any) { s.Set(name, value) }
func (s inOurs) save() error                { return nil }
func (s inOurs) logOut() error              { s.LogOut(); return nil }
func (s inOurs) logIn() error               { s.LogIn(42); return nil }
