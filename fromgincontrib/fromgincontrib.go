// Package fromgincontrib takes the sessions of gin-contrib/sessions over into gormsession's, one by
// one, as their visitors come: see package movein for what happens, and docs/from-gin-contrib.md
// for the whole move.
//
//	takeOver, err := fromgincontrib.New(db, plugin, store, "mysession", movein.Config{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	r.Use(ginsession.Handler(plugin), takeOver)
//
// The store is made as it was for gin-contrib/sessions, with its keys and options, and what was
// given to gob.Register still is: the entries are decoded by it.
package fromgincontrib

import (
	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/fromgorilla"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/movein"
)

// New makes the handler that takes the sessions of that name in a store over into the plugin's, on
// the database handle that the plugin was made on. It is mounted behind ginsession's own, and
// before whatever uses the session.
func New(
	db *gorm.DB, plugin *gormsession.Plugin, store sessions.Store, name string, c movein.Config,
) (gin.HandlerFunc, error) {
	bridge, err := fromgorilla.New(db, plugin, store, name, c)
	if err != nil {
		return nil, err
	}
	return func(c *gin.Context) {
		session := func() *gormsession.State { return ginsession.GetFrom(c, plugin) }
		if !bridge.Serve(session, c.Writer, c.Request, c.Next) {
			c.Abort()
		}
	}, nil
}
