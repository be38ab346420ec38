package ginsession

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
)

// A session is found under the key of its plugin, and the one of the innermost
// plugin under currentKey as well, both among the keys of the gin.Context and in
// the context of the request.
type (
	pluginKey  struct{ plugin *gormsession.Plugin }
	currentKey struct{}
)

// Get returns the session of the request. It never fails: the session is loaded
// at the first access to its data. With several plugins it is that of the
// innermost one. After the middleware has ended, and on a c.Copy, it can still
// be read. Get panics where the middleware is not mounted on the route.
//
// The first call must be on the handler's own goroutine, as for all that changes
// a gin.Context; the session itself may be shared.
func Get(c *gin.Context) *State {
	r, ok := lookup(c, currentKey{})
	if !ok {
		panic("gormsession: ginsession.Get found no session: mount the middleware before the route, as in r.Use(ginsession.New(db))")
	}
	return r.share(c, true)
}

// GetFrom returns the session of one plugin where several are mounted. It panics
// where that plugin is not.
func GetFrom(c *gin.Context, plugin *gormsession.Plugin) *State {
	r, ok := lookup(c, pluginKey{plugin})
	if !ok {
		panic("gormsession: ginsession.GetFrom found no session of this plugin: mount it before the route, as in r.Use(ginsession.Handler(plugin))")
	}
	current, _ := lookup(c, currentKey{})
	return r.share(c, r == current)
}

// From returns the session that belongs to a context, for code that knows no
// gin: ctx may be the gin.Context or, once [Get] was called, the context of its
// request, or one derived from either. It reports whether there is one.
func From(ctx context.Context) (*State, bool) {
	if c, ok := ctx.(*gin.Context); ok {
		if r, ok := lookup(c, currentKey{}); ok {
			return r.share(c, true), true
		}
		return nil, false
	}
	r, ok := ctx.Value(currentKey{}).(*run)
	if c, derived := ctx.Value(gin.ContextKey).(*gin.Context); !ok && derived {
		r, ok = lookup(c, currentKey{})
	}
	if !ok {
		return nil, false
	}
	return r.state, true
}

func lookup(c *gin.Context, key any) (*run, bool) {
	value, _ := c.Get(key)
	r, ok := value.(*run)
	return r, ok
}

// share hands the session out. From now on it may be changed, so it has to be
// found again where the router begins anew and forgets the keys (HandleContext):
// only the request outlives that.
func (r *run) share(c *gin.Context, current bool) *State {
	if c != r.c || r.ended.Load() { // a copy belongs to other goroutines
		return r.state
	}
	var key any = pluginKey{r.plugin}
	if current {
		key = currentKey{}
	}
	if ctx := c.Request.Context(); ctx.Value(key) != r {
		c.Request = c.Request.WithContext(&sessionContext{ctx, r, current})
	}
	return r.state
}

// sessionContext is the context of a request that has a session.
type sessionContext struct {
	context.Context
	run     *run
	current bool
}

func (c *sessionContext) Value(key any) any {
	switch key := key.(type) {
	case pluginKey:
		if key.plugin == c.run.plugin {
			return c.run
		}
	case currentKey:
		if c.current {
			return c.run
		}
	}
	return c.Context.Value(key)
}
