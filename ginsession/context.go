package ginsession

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// A run is a visit.Visit, so it is found in a c.Copy, too. Nothing is kept in the gin.Context,
// which its owner alone may change.

func (r *run) Value(key any) any           { return visit.Value(r, key) }
func (r *run) Outside() context.Context    { return r.Context }
func (r *run) Plugin() *gormsession.Plugin { return r.plugin }
func (r *run) Ended() bool                 { return r.ended.Load() }
func (r *run) AnswersBy(w http.ResponseWriter) bool {
	return !r.Ended() && r.writer.reach.By(&r.writer, w)
}
func (r *run) Keep(w http.ResponseWriter, fields http.Header) {
	if !r.Ended() && r.writer.reach.Shares(&r.writer, w) {
		r.writer.Keep(fields)
	}
}
func (r *run) Told(fields http.Header) { r.aftermath().told = fields }
func (r *run) Passed(plugins []*gormsession.Plugin) {
	r.aftermath().passed = append(r.aftermath().passed, plugins...)
}

// contextOf is that of the request, if there is one.
func contextOf(c *gin.Context) context.Context {
	if c.Request == nil {
		return context.Background()
	}
	return c.Request.Context()
}

func writerOf(c *gin.Context) visit.Place {
	return func() http.ResponseWriter { return c.Writer }
}

// current is the visit whose session is meant where no plugin is named: for the gin.Context of the
// request the innermost one that has not ended, and for a copy, which belongs to other goroutines,
// always that of the place where it was taken.
func current(c *gin.Context) (visit.Visit, bool) {
	v, ok := visit.InnermostAt(contextOf(c), writerOf(c))
	if r, ours := v.(*run); !ok || ours && r.c != c {
		return v, ok
	}
	return visit.Running(v), true
}
