package ginsession

import (
	"bufio"
	"net"
	"net/http"
	"reflect"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/internal/response"
)

// guard sees to it that a cookie of ours, or our header, stays out of shared caches whatever a
// middleware outside puts into the header: gin sends that of a response without a body
// after all of them, and by its own writer, past the one in c.Writer.
func (r *run) guard() {
	if r.state.Load() == nil || !r.plugin.Adapter().Tells(r.writer.Header()) {
		return
	}
	place, found := serverBeneath(r.writer.beneath())
	if !found {
		return
	}
	if g, is := place.Interface().(*guard); !is || g.run != r {
		server, _ := place.Interface().(http.ResponseWriter)
		place.Set(reflect.ValueOf(&guard{ResponseWriter: server, place: place, run: r}))
	}
}

// A guard stands in the place of the server's writer until the header leaves.
type guard struct {
	http.ResponseWriter
	place reflect.Value
	run   *run
	gone  bool
}

func (g *guard) Unwrap() http.ResponseWriter { return g.ResponseWriter }

func (g *guard) WriteHeader(code int) {
	if code >= 200 || code == http.StatusSwitchingProtocols {
		g.leave()
	}
	g.ResponseWriter.WriteHeader(code)
}

func (g *guard) Write(data []byte) (int, error) {
	g.leave()
	return g.ResponseWriter.Write(data)
}

// Hijack and CloseNotify are what gin asks of the server's writer before a header.
func (g *guard) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	g.leave()
	return http.NewResponseController(g.ResponseWriter).Hijack()
}

// CloseNotify panics, as gin does, where the server's writer has none.
func (g *guard) CloseNotify() <-chan bool {
	return g.ResponseWriter.(interface{ CloseNotify() <-chan bool }).CloseNotify()
}

func (g *guard) leave() {
	if g.gone {
		return
	}
	g.gone = true
	g.place.Set(reflect.ValueOf(g.ResponseWriter))
	adapter := g.run.plugin.Adapter()
	if h := g.Header(); adapter.Tells(h) {
		adapter.KeepPrivate(h, g.run.path)
	}
}

// serverBeneath is where the router's own writer keeps the server's, if the header has
// not left. It is looked for as long as the writers in between have one header: where
// there is another one, as a timeout middleware has it, w may be on a goroutine of its
// own, and the router's writer may be serving another request.
func serverBeneath(w gin.ResponseWriter) (place reflect.Value, found bool) {
	for at := range response.Wrapped(w) {
		if field, ok := response.Embedded(at); ok && isServers(at, field) {
			place, found = field, true
		}
		if !sharesHeader(at) {
			break
		}
	}
	return place, found
}

// isServers tells whether a field of a writer of gin's can hold the server's writer, and
// the header is yet to leave.
func isServers(w http.ResponseWriter, field reflect.Value) bool {
	router, is := w.(gin.ResponseWriter)
	return is && field.CanSet() && field.Type() == reflect.TypeFor[http.ResponseWriter]() &&
		!field.IsNil() && !router.Written()
}

// sharesHeader tells whether a writer has the header of the one that it wraps: an
// empty copy of it shows the header of what is put into it.
func sharesHeader(w http.ResponseWriter) bool {
	if _, is := w.(*writer); is {
		return true
	}
	if _, ok := response.Embedded(w); !ok {
		return false
	}
	shares, known := sharing.Load(reflect.TypeOf(w))
	if !known {
		shares, _ = sharing.LoadOrStore(reflect.TypeOf(w), showsThrough(w))
	}
	return shares.(bool)
}

var sharing sync.Map // from reflect.Type to bool, which no writer of that type changes

// showsThrough is sharesHeader of writers of that type.
func showsThrough(w http.ResponseWriter) (shares bool) {
	defer func() {
		if recover() != nil { // it is not made to be empty
			shares = false
		}
	}()
	copied := reflect.New(reflect.Indirect(reflect.ValueOf(w)).Type())
	hollow := copied.Interface().(http.ResponseWriter)
	field, ok := response.Embedded(hollow)
	if !ok {
		return false
	}
	field.Set(reflect.ValueOf(marked{}))
	_, shares = hollow.Header()[mark]
	return shares
}

const mark = "Gormsession-Mark"

// marked is a writer that has nothing but a header.
type marked struct{ gin.ResponseWriter }

func (marked) Header() http.Header { return http.Header{mark: nil} }
