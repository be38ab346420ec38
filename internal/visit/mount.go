package visit

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/seed7368b609/gormsession"
)

// A Mount is a plugin as an adapter mounts it.
type Mount struct {
	Plugin *gormsession.Plugin

	adapter string // the name of its package, for what is said
	clash   sync.Once
}

// NewMount mounts a plugin. Without one it panics, in the name of the adapter's function Handler.
func NewMount(plugin *gormsession.Plugin, adapter string) *Mount {
	if plugin == nil {
		panic("gormsession: " + adapter +
			".Handler needs the plugin that gormsession.New returned, not nil")
	}
	return &Mount{Plugin: plugin, adapter: adapter}
}

// Before is the Visit of the plugin that the request is on already. It reports, once, another
// plugin on the way that sets the same cookie, or header, in the response that w writes.
func (m *Mount) Before(ctx context.Context, w http.ResponseWriter) (Visit, bool) {
	place := func() http.ResponseWriter { return w }
	innermost, nested := InnermostAt(ctx, place)
	if !nested {
		return nil, false
	}
	for at, ok := innermost, true; ok; at, ok = Innermost(at.Outside()) {
		other := at.Plugin()
		if other != m.Plugin && other.Adapter().Clashes(m.Plugin) && at.AnswersBy(w) {
			m.clash.Do(m.report)
		}
	}
	return OfAt(ctx, place, m.Plugin)
}

func (m *Mount) report() {
	m.Plugin.Logger().Error(fmt.Sprintf(sameCookie, m.adapter), "cookie", m.Plugin.CookieName())
}

const sameCookie = "gormsession: two plugins on one route set the same cookie, or the same " +
	"header of WithKeyHeader, so one of their sessions is lost: %s.New makes a plugin each " +
	"time it is called, so a middleware that is to be mounted twice is made once, or mounted in one " +
	"of the two places only; where two plugins are meant, give one of them another name with " +
	"WithCookieName or WithKeyHeader"
