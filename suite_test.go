package gormsession_test

import (
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/response"
	"github.com/seed7368b609/gormsession/internal/suite"
)

// What lies behind every adapter, shown once.
func TestSuite(t *testing.T) {
	suite.ExerciseBehind(t, onNothing, suite.Inside{
		WithNewKey: gormsession.WithNewKey,
		AwaitSweep: (*gormsession.Plugin).AwaitSweep,
	})
}

func FuzzStoredText(f *testing.F) { suite.FuzzStoredText(f, onNothing) }

// onNothing is net/http without a framework: the least that an adapter does.
var onNothing = suite.Adapter{
	Mount: func(app suite.Application) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			at := &request{plugin: app.Plugin, state: app.Plugin.Adapter().Begin(r), r: r}
			defer func() { app.Told(at.errs) }()
			at.serve(w, app.Page)
		})
	},
}

// A request is one with its session, whose response is held back.
type request struct {
	response.Writer
	plugin *gormsession.Plugin
	state  *gormsession.State
	r      *http.Request
	errs   []error
}

func (at *request) serve(w http.ResponseWriter, page func(*suite.Call)) {
	at.Hold(w, http.StatusOK, at.plugin.Adapter().HeldBytes(), at)
	defer at.Writer.End()
	returned := false
	defer func() {
		if !returned {
			_ = recover()
			h := at.Drop()
			at.plugin.Adapter().Abort(at.state, at.r, h)
			if h != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}
	}()
	page(&suite.Call{
		Request: at.r, Writer: &at.Writer, Get: func() *gormsession.State { return at.state },
	})
	at.Finish()
	if err := at.plugin.Adapter().End(at.state); err != nil {
		at.errs = append(at.errs, err)
	}
	returned = true
}

// Commit saves the session before the response leaves.
func (at *request) Commit(status int, carried bool) error {
	carrier := gormsession.CookieSent
	if !carried {
		carrier = gormsession.NoCookie
	}
	err := at.plugin.Adapter().Commit(at.state, at.r, at.Header(), status, carrier)
	if err != nil {
		at.errs = append(at.errs, err)
	}
	return err
}

// Fail answers where the session was not saved.
func (at *request) Fail(w http.ResponseWriter, err error) bool {
	return at.plugin.Adapter().Fail(at.state, w, at.r, err)
}
