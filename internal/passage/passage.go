// Package passage takes sessions through requests of net/http, from the first moment of a request
// to its last, for the adapters whose handlers are those of net/http or stand on them.
package passage

import (
	"fmt"
	"net/http"
	"sync"

	"github.com/seed7368b609/gormsession"
)

// A Mount is a plugin as an adapter mounts it.
type Mount struct {
	plugin  *gormsession.Plugin
	adapter string // the name of its package, for what is said
	clash   sync.Once
}

// New mounts a plugin. Without one it panics, in the name of the adapter's function Handler.
func New(plugin *gormsession.Plugin, adapter string) *Mount {
	if plugin == nil {
		panic("gormsession: " + adapter +
			".Handler needs the plugin that gormsession.New returned, not nil")
	}
	return &Mount{plugin: plugin, adapter: adapter}
}

// Serve has next answer within a session, and returns the error of the session that nobody else has
// heard of but the log. Next is given a [Writer], or w itself where the session is there already,
// as its middleware is mounted a second time.
func (m *Mount) Serve(w http.ResponseWriter, request *http.Request, next http.Handler) error {
	if innermost, nested := find(w, request, currentKey{}); nested {
		if innermost.clashesWith(m.plugin, w) {
			m.clash.Do(m.reportClash)
		}
		if r, mounted := find(w, request, pluginKey{m.plugin}); mounted && r.answersBy(w) {
			r.again(w, request, next)
			return nil
		}
	}
	return begin(w, request, m.plugin, next)
}

func (m *Mount) reportClash() {
	m.plugin.Logger().Error(fmt.Sprintf(sameCookie, m.adapter), "cookie", m.plugin.CookieName())
}

const sameCookie = "gormsession: two plugins on one route set the same cookie, or the same " +
	"header of WithKeyHeader, so one of their sessions is lost: %s.New makes a plugin each " +
	"time it is called, so a middleware that is to be mounted twice is made once, or mounted in one " +
	"of the two places only; where two plugins are meant, give one of them another name with " +
	"WithCookieName or WithKeyHeader"

// clashesWith tells whether this run, or one outside of it, sets the cookie or the header of
// another plugin in the response that w writes.
func (r *Run) clashesWith(plugin *gormsession.Plugin, w http.ResponseWriter) bool {
	for at, ok := r, true; ok; at, ok = at.outer() {
		if at.plugin != plugin && at.plugin.Adapter().Clashes(plugin) && at.answersBy(w) {
			return true
		}
	}
	return false
}
