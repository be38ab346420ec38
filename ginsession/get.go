package ginsession

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// Get returns the session of the request. It never fails: the session is loaded
// at the first access to its data. With several plugins it is that of the
// innermost one. After the middleware has ended, and on a c.Copy, it can still
// be read. Get panics where the middleware is not mounted on the route.
//
// Get may be called from several goroutines at once: it changes nothing in the
// gin.Context, and the session itself may be shared.
func Get(c *gin.Context) *State {
	v, ok := current(c)
	if !ok {
		panic(
			"gormsession: ginsession.Get found no session: mount the middleware before the route, " +
				"as in r.Use(ginsession.New(db))",
		)
	}
	return v.State()
}

// GetFrom returns the session of one plugin where several are mounted. It panics
// where that plugin is not. Otherwise it is as [Get].
func GetFrom(c *gin.Context, plugin *gormsession.Plugin) *State {
	v, ok := visit.OfAt(contextOf(c), writerOf(c), plugin)
	if !ok {
		panic("gormsession: ginsession.GetFrom found no session of this plugin: " +
			"mount it before the route, as in r.Use(ginsession.Handler(plugin))")
	}
	return v.State()
}

// From returns the session that belongs to a context, for code that knows no
// gin: ctx may be the gin.Context or the context of its request, or one derived
// from either, whether or not [Get] was called. It reports whether there is one.
// Like Get it may be called from several goroutines at once.
func From(ctx context.Context) (*State, bool) {
	if c, ok := ctx.(*gin.Context); ok {
		return fromGin(c)
	}
	if v, ok := visit.Innermost(ctx); ok {
		return visit.Running(v).State(), true
	}
	if c, ok := ctx.Value(gin.ContextKey).(*gin.Context); ok {
		return fromGin(c)
	}
	return nil, false
}

func fromGin(c *gin.Context) (*State, bool) {
	v, ok := current(c)
	if !ok {
		return nil, false
	}
	return v.State(), true
}
