// Package visit is where a request has its sessions, whichever adapter has brought them there: each
// adapter finds those of the others, and a plugin that two of them mount acts once.
package visit

import (
	"context"
	"net/http"
	"slices"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/response"
)

// A Visit is one session on its way through one request. It is the context of the request from the
// moment the middleware is entered, so it is found wherever the request goes: in another router, in
// a context that was derived from it. Its Value is that of this package.
type Visit interface {
	context.Context

	// Outside is the context of the request as it was found.
	Outside() context.Context

	Plugin() *gormsession.Plugin
	State() *gormsession.State
	Ended() bool

	// AnswersBy tells whether the visit has not ended, and what is written to w comes into its
	// response.
	AnswersBy(w http.ResponseWriter) bool

	// Keep hears what a session inside has told the client, by a commit that is done, in a response
	// that is written to w: it goes out although the visit's own commit fails, where its header is
	// that of w.
	Keep(w http.ResponseWriter, fields http.Header)

	// Passed hears whose sessions inside, that answer within this response, a panic has passed, and
	// Told what these have told the client.
	Passed(plugins []*gormsession.Plugin)
	Told(fields http.Header)
}

// A Visit is found under the key of its plugin, and the innermost one under currentKey as well.
type (
	pluginKey  struct{ plugin *gormsession.Plugin }
	currentKey struct{}
)

// Value makes a Visit a context that finds itself.
func Value(v Visit, key any) any {
	if value, says := own(v, key); says {
		return value
	}
	return v.Outside().Value(key)
}

// own is what a Visit itself says to a key, if it does.
func own(v Visit, key any) (value any, says bool) {
	switch key := key.(type) {
	case currentKey:
		return v, true
	case pluginKey:
		return v, key.plugin == v.Plugin()
	}
	if v.Plugin().Adapter().Asks(key) {
		return v.State(), true
	}
	return nil, false
}

// Enter is the context of a request whose session is that of a Visit outside, although another
// plugin's lies between, or somebody has given it a context of his own making.
func Enter(ctx context.Context, v Visit) context.Context { return entered{ctx, v} }

type entered struct {
	context.Context
	visit Visit
}

func (e entered) Value(key any) any {
	if value, says := own(e.visit, key); says {
		return value
	}
	return e.Context.Value(key)
}

// Innermost is the innermost Visit of a context that belongs to a request.
func Innermost(ctx context.Context) (Visit, bool) {
	v, ok := ctx.Value(currentKey{}).(Visit)
	return v, ok
}

// Of is the Visit of a plugin.
func Of(ctx context.Context, plugin *gormsession.Plugin) (Visit, bool) {
	v, ok := ctx.Value(pluginKey{plugin}).(Visit)
	return v, ok
}

// A Place says which writer there is. It is asked for that where nothing else is left, as the owner
// of a router's context may replace the writer while other goroutines look for the session.
type Place func() http.ResponseWriter

// InnermostAt is Innermost for those who have the writer too: it finds the Visit also where
// somebody inside has given the request a context of his own making.
func InnermostAt(ctx context.Context, at Place) (Visit, bool) { return find(ctx, at, currentKey{}) }

// OfAt is Of, as InnermostAt is Innermost.
func OfAt(ctx context.Context, at Place, plugin *gormsession.Plugin) (Visit, bool) {
	return find(ctx, at, pluginKey{plugin})
}

// find looks for a Visit in a context, and else beneath a writer: that of a Visit says whose it is.
func find(ctx context.Context, at Place, key any) (Visit, bool) {
	if v, ok := ctx.Value(key).(Visit); ok {
		return v, true
	}
	for at := range response.Wrapped(at()) {
		if its, ok := at.(interface{ Visit() Visit }); ok {
			if v, says := own(its.Visit(), key); says {
				return v.(Visit), true
			}
		}
	}
	return nil, false
}

// Commit carries out the commit of a Visit, which edits the header h of a response that is written
// to w, and has those outside keep what it tells the client.
func Commit(v Visit, w http.ResponseWriter, h http.Header, commit func() error) error {
	at, nested := Innermost(v.Outside())
	if !nested {
		return commit()
	}
	before, told := h.Clone(), http.Header{}
	err := commit()
	for _, name := range []string{"Set-Cookie", v.Plugin().KeyHeader()} {
		for _, line := range h[name] {
			if !slices.Contains(before[name], line) {
				told[name] = append(told[name], line)
			}
		}
	}
	for ; nested && len(told) > 0; at, nested = Innermost(at.Outside()) {
		at.Keep(w, told)
	}
	return err
}

// Running is the innermost Visit, from this one outwards, that has not ended, and this one where
// all have.
func Running(v Visit) Visit {
	for at, ok := v, true; ok; at, ok = Innermost(at.Outside()) {
		if !at.Ended() {
			return at
		}
	}
	return v
}
