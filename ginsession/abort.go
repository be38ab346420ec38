package ginsession

import (
	"github.com/seed7368b609/gormsession/internal/response"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// abort ends a request whose handler did not return: nothing is saved, also if
// the request goes on outside. What the client is told of the session all the same
// is told to a session outside as well, which drops the header once more.
func (r *run) abort() {
	h := r.writer.Drop()
	found := h.Clone()
	if r.after != nil {
		response.Say(h, r.after.told)
	}
	r.plugin.Adapter().Abort(r.State(), r.c.Request, h)
	r.guard()
	outer, ok := visit.Innermost(r.Context)
	if !ok || !outer.AnswersBy(r.c.Writer) {
		return
	}
	outer.Passed(append(r.aftermath().passed, r.plugin))
	if h != nil {
		outer.Told(response.Said(found, h))
	}
}
