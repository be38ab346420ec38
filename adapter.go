package gormsession

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// An Adapter takes sessions through requests. It is for packages that bring sessions to a
// framework, as ginsession does, and for nobody else: Begin when a request comes, or later, when
// its session is first asked for; Commit when the status is known and before the header leaves, and
// Fail where that returns an error; End when the handler has returned, or Abort where it has
// panicked.
//
// It is safe for concurrent use; of one session each step is called once, in that order.
type Adapter struct{ p *Plugin }

// Adapter returns what an adapter to a framework needs of the plugin.
func (p *Plugin) Adapter() Adapter { return Adapter{p} }

// A Carrier says what an adapter's header can do for the session at the commit.
type Carrier int

const (
	// CookieSent: the header that Commit edits is sent to the client.
	CookieSent Carrier = iota
	// NoCookie: it is not, as before a raw Hijack. A live session is saved; a new one is not, nor
	// one that is to get a new key, which End reports.
	NoCookie
)

// answer is how far the response is.
type answer struct {
	phase  phase
	unsaid bool // the header has left and does not say that it depends on the cookie
}

// phase is how far the request is.
type phase uint8

const (
	handling phase = iota // the header has not left, or left as it should
	broken                // the response is an error: only a Flush is carried out from now on
	closed
)

// Begin starts a request: it reads the key and asks the database nothing. Of the header it needs
// Cookie, and the field of [Plugin.KeyHeader].
func (a Adapter) Begin(r *http.Request) *State {
	h := r.Header
	return a.BeginLate(r.Context(), pathOf(r), h["Cookie"], h[a.p.opts.keyHeader])
}

// BeginLate is Begin of a request that others may be changing by now: it is given what the request
// came with, its context, the path of its URL, and the lines of its Cookie header, and of that of
// [Plugin.KeyHeader].
func (a Adapter) BeginLate(ctx context.Context, path string, cookies, keys []string) *State {
	b := a.p.reading.Read(cookies, keys)
	if b.Key != "" && !b.ByField {
		a.p.absent.End()
	}
	return &State{
		p: a.p, home: a.p.store.Own, ctx: ctx, inRequest: true, path: path,
		came: b, key: b.Key, c: factsOf(b),
	}
}

func pathOf(r *http.Request) string {
	if r.URL == nil {
		return ""
	}
	return r.URL.Path
}

// Commit saves the session, when the response's status is known and before its header leaves, and
// sets or deletes the cookie, Vary and Cache-Control in h. After an error the response must not go
// out as it is: see Fail. It is called once.
func (a Adapter) Commit(s *State, r *http.Request, h http.Header, status int, c Carrier) error {
	s = s.enter()
	defer s.mu.Unlock()
	if s.original != nil {
		return errInSave // a hook has let the response go, or a save does not come to its end
	}
	s.beginBudget()
	defer s.endBudget()
	s.phase, s.c.Sent = broken, c == NoCookie // should the codec or the model panic
	if c == CookieSent && s.c.Look != verdict.Unseen {
		s.askKeeper(r) // before anything is saved
	}
	err := s.commit(h, status)
	if err != nil {
		s.c = verdict.Failed(s.c, errors.Is(err, ErrInterrupted))
		message := "gormsession: the session was not saved"
		if !s.c.Known() && s.err != nil {
			message = "gormsession: the session was not loaded"
		}
		a.p.log(s, message, err)
		s.fail(err) // nothing more is saved, and Err says why
	} else if status < http.StatusInternalServerError {
		s.phase = handling
	}
	if c == CookieSent {
		s.patch(h, r, status < http.StatusInternalServerError && err == nil)
		s.unsaid = s.c.Look == verdict.Unseen && status != http.StatusSwitchingProtocols &&
			header.IsStorable(h)
	}
	s.c = verdict.Answered(s.c, c == NoCookie && err == nil)
	return err
}

// commit saves what the status allows to be saved.
func (s *State) commit(h http.Header, status int) error {
	if status >= http.StatusInternalServerError {
		return s.persist(verdict.Refusal)
	}
	public := header.IsPublic(h)
	s.c = verdict.Due(s.c, public, s.p.rules)
	s.rotateIfDue(public)
	return s.persist(verdict.Answer)
}

// End finishes a request whose handler has returned: it saves what was changed after the header had
// left, and closes the session. Its error is in the log already; nothing can be done about it in
// the response.
func (a Adapter) End(s *State) error {
	s.lock(true)
	defer s.mu.Unlock()
	if s.phase == closed {
		return nil
	}
	s.beginBudget()
	defer s.endBudget()
	s.c.Sent = true
	moment := verdict.Late
	if s.phase == broken { // the client waits for the response that says so
		moment = verdict.Broken
	}
	err := s.persist(moment)
	s.phase = closed
	if err != nil {
		a.p.log(
			s, "gormsession: what was changed after the response's header had left was not saved", err,
		)
	}
	return err
}

// Abort ends a request whose handler has panicked: nothing is saved, but a Flush is carried out. h
// is the header of the response that is still to be written, nil if it has left.
func (a Adapter) Abort(s *State, r *http.Request, h http.Header) {
	s.lock(true)
	defer s.mu.Unlock()
	if s.phase == closed {
		return
	}
	s.beginBudget()
	defer s.endBudget()
	if err := s.persist(verdict.Panicked); err != nil {
		a.p.log(s, "gormsession: the session was not flushed", err)
	}
	if h != nil {
		s.patch(h, r, false)
		header.KeepCookiesPrivate(h)
	}
	s.phase = closed
}

// Fail answers a request whose Commit has failed: by the error handler of [WithErrorHandler], or
// else in plain text with 503, 400, 403 or 500. The header of w must be as it was before the
// handler. If Fail returns false nothing was written, and the response of the handler is to go out
// after all, with the header that Commit has left.
func (a Adapter) Fail(s *State, w http.ResponseWriter, r *http.Request, err error) bool {
	s.tellFailure(w.Header(), r)
	header.KeepCookiesPrivate(w.Header())
	if a.p.opts.errorHandler != nil {
		watched := &watchedWriter{ResponseWriter: w, tells: a.Tells(w.Header()) ||
			len(w.Header()["Set-Cookie"]) > 0}
		if !a.p.opts.errorHandler(watched, r, err) {
			return false
		}
		if watched.written {
			return true
		}
	}
	status := statusOf(err)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(http.StatusText(status) + "\n")) // a client that has gone needs no answer
	return true
}

// tellFailure edits the header of the answer to a failed commit.
func (s *State) tellFailure(h http.Header, r *http.Request) {
	s = s.enter()
	defer s.mu.Unlock()
	s.patch(h, r, false)
}

// watchedWriter notes whether an error handler has written anything, and keeps what it was given to
// tell clients out of shared caches, whatever it says of its page.
type watchedWriter struct {
	http.ResponseWriter
	written bool
	tells   bool
}

func (w *watchedWriter) WriteHeader(status int) {
	w.begin()
	w.ResponseWriter.WriteHeader(status)
}

func (w *watchedWriter) Write(b []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(b)
}

func (w *watchedWriter) begin() {
	if w.tells && !w.written {
		header.KeepPrivate(w.Header())
	}
	w.written = true
}

// Unwrap serves http.ResponseController.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// KeepPrivate keeps a response that sets or deletes the session's cookie (see Tells) out of shared
// caches, whatever was said in its header since Commit, for adapters that can see the header when
// it leaves; path is the page's, for the log.
func (a Adapter) KeepPrivate(h http.Header, path string) {
	if overruled := header.KeepPrivate(h); len(overruled) > 0 {
		a.p.opts.log().Warn(madePrivate, "said", strings.Join(overruled, ", "), "path", path)
	}
}

// HeldBytes is how much of a body an adapter holds back before it commits: see [WithHeldBytes].
func (a Adapter) HeldBytes() int { return a.p.opts.heldBytes }

// Idle reports whether nothing is to be done for a request that never asks for its
// session, so that an adapter need not begin one. Something is where
// [WithSaveEveryRequest] renews each session; beside Django, which deletes a malformed
// cookie whatever the request does; and as long as no cookie of the first sessions has
// come back.
func (a Adapter) Idle() bool {
	return !a.p.opts.saveEvery && !a.p.opts.layout.DeleteMalformed && !a.p.absent.Waits()
}

// WithValue gives each session of the plugin a value that [State.Value] returns, for packages that
// build on sessions. Keys are compared as those of [context.WithValue] are, so they should be of a
// type of the package's own.
func WithValue(key, value any) Option {
	return func(o *options) {
		if o.values == nil {
			o.values = make(map[any]any)
		}
		o.values[key] = value
	}
}

// Value returns what [WithValue] has set for the key, or nil. It is the same for all sessions of a
// plugin.
func (s *State) Value(key any) any { return s.p.opts.values[key] }
