package gormsession

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// A Plugin keeps the sessions of one table. An adapter, such as package ginsession, takes a session
// through each request with its methods Begin, Commit and End; the others serve programs that have
// no request. It is safe for concurrent use.
type Plugin struct {
	opts   *options
	store  *store
	former *store   // nil without WithFormer
	places []*store // where a row may be, in the order of looking
	rules  verdict.Rules
	absent *absence
}

// String names the plugin by its table.
func (p Plugin) String() string {
	if p.opts == nil {
		return "gormsession.Plugin"
	}
	return "gormsession.Plugin of " + p.store.table
}

// GoString is String.
func (p Plugin) GoString() string { return p.String() }

// Format prints String for every verb: the options may hold the keys of a codec.
func (p Plugin) Format(f fmt.State, _ rune) { fmt.Fprint(f, p.String()) }

// LogValue logs String.
func (p Plugin) LogValue() slog.Value { return slog.StringValue(p.String()) }

// New makes a plugin on the application's database, and the table if it is missing. It refuses
// options that make no sense, a database handle that cannot serve, and a table that cannot keep
// sessions, with an error that says how to mend it; what the account may not look at is a warning
// in the log. A database that does not answer within [WithTimeout] is [ErrUnavailable].
func New(db *gorm.DB, opts ...Option) (*Plugin, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	p := &Plugin{opts: o, rules: o.rules(), absent: &absence{}}
	if p.store, err = openStore(db, o); err != nil {
		return nil, err
	}
	p.places = []*store{p.store}
	if o.former == nil {
		return p, nil
	}
	if p.former, err = openStore(db, o.former); err != nil {
		return nil, err
	}
	p.places = append(p.places, p.former, p.store)
	return p, nil
}

// openStore makes a store, and its table where that is missing.
func openStore(db *gorm.DB, o *options) (*store, error) {
	s, err := newStore(db, o)
	if err == nil {
		err = s.prepare(o.migrate)
	}
	return s, err
}

// A Carrier says what an adapter's header can do for the session at the commit.
type Carrier int

const (
	// CookieSent: the header that Commit edits is sent to the client.
	CookieSent Carrier = iota
	// NoCookie: it is not, as before a raw Hijack. A live session is saved; a new one is not, nor
	// one that is to get a new key, which End reports.
	NoCookie
)

// Begin starts a request: it reads the cookie and asks the database nothing. It is for adapters, as
// are Commit, End, Abort and Fail.
func (p *Plugin) Begin(r *http.Request) *State {
	b := p.opts.readCookie(r.Header)
	if b.Key != "" {
		p.absent.end()
	}
	return &State{
		p: p, home: p.store, ctx: r.Context(), inRequest: true, path: pathOf(r),
		key: b.Key, cookieKey: b.Key, rivals: b.Rivals, crowd: b.Crowd, c: factsOf(b),
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
func (p *Plugin) Commit(s *State, r *http.Request, h http.Header, status int, c Carrier) error {
	s = s.enter()
	defer s.mu.Unlock()
	if s.original != nil {
		return errInSave // a hook has let the response go
	}
	s.share()
	defer s.settle()
	s.phase, s.c.Sent = broken, c == NoCookie // should the codec or the model panic
	err := s.commit(h, status)
	if err != nil {
		s.c = verdict.Failed(s.c, errors.Is(err, ErrInterrupted))
		message := "gormsession: the session was not saved"
		if !s.c.Known() && s.err != nil {
			message = "gormsession: the session was not loaded"
		}
		p.log(s, message, err)
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
	s.c = verdict.Due(s.c, header.IsPublic(h), s.p.rules)
	return s.persist(verdict.Answer)
}

// End finishes a request whose handler has returned: it saves what was changed after the header had
// left, and closes the session. Its error is in the log already; nothing can be done about it in
// the response.
func (p *Plugin) End(s *State) error {
	s.lock(true)
	defer s.mu.Unlock()
	if s.phase == closed {
		return nil
	}
	s.share()
	defer s.settle()
	s.c.Sent = true
	moment := verdict.Late
	if s.phase == broken { // the client waits for the response that says so
		moment = verdict.Broken
	}
	err := s.persist(moment)
	s.phase = closed
	if err != nil {
		p.log(
			s, "gormsession: what was changed after the response's header had left was not saved", err,
		)
	}
	return err
}

// Abort ends a request whose handler has panicked: nothing is saved, but a Flush is carried out. h
// is the header of the response that is still to be written, nil if it has left.
func (p *Plugin) Abort(s *State, r *http.Request, h http.Header) {
	s.lock(true)
	defer s.mu.Unlock()
	if s.phase == closed {
		return
	}
	s.share()
	defer s.settle()
	if err := s.persist(verdict.Panicked); err != nil {
		p.log(s, "gormsession: the session was not flushed", err)
	}
	if h != nil {
		s.patch(h, r, false)
		header.KeepCookiesPrivate(h)
	}
	s.phase = closed
}

// Fail answers a request whose Commit has failed: by the error handler of [WithErrorHandler], or
// else in plain text with 503, 400 or 500. The header of w must be as it was before the handler. If
// Fail returns false nothing was written, and the response of the handler is to go out after all,
// with the header that Commit has left.
func (p *Plugin) Fail(s *State, w http.ResponseWriter, r *http.Request, err error) bool {
	in := s.enter()
	in.patch(w.Header(), r, false)
	in.mu.Unlock()
	header.KeepCookiesPrivate(w.Header())
	if p.opts.errorHandler != nil {
		watched := &watchedWriter{ResponseWriter: w, cookies: len(w.Header()["Set-Cookie"]) > 0}
		if !p.opts.errorHandler(watched, r, err) {
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

// watchedWriter notes whether an error handler has written anything, and keeps the cookies that it
// was given out of shared caches, whatever it says of its page.
type watchedWriter struct {
	http.ResponseWriter
	written bool
	cookies bool
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
	if w.cookies && !w.written {
		header.KeepPrivate(w.Header())
	}
	w.written = true
}

// Unwrap serves http.ResponseController.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// KeepPrivate keeps a response that sets or deletes the session's cookie out of shared caches,
// whatever was said in its header since Commit. It is for adapters that can see the header when it
// leaves; path is the page's, for the log.
func (p *Plugin) KeepPrivate(h http.Header, path string) {
	if overruled := header.KeepPrivate(h); len(overruled) > 0 {
		p.opts.log().Warn(madePrivate, "said", strings.Join(overruled, ", "), "path", path)
	}
}

// HeldBytes is how much of a body an adapter holds back before it commits: see [WithHeldBytes].
func (p *Plugin) HeldBytes() int { return p.opts.heldBytes }

// CookieName is the name of the cookie: see [WithCookieName].
func (p *Plugin) CookieName() string { return p.opts.cookieName }

// Idle reports whether nothing is to be done for a request that never asks for its
// session, so that an adapter need not begin one. Something is where
// [WithSaveEveryRequest] renews each session; beside Django, which deletes a malformed
// cookie whatever the request does; and as long as no cookie of the first sessions has
// come back.
func (p *Plugin) Idle() bool {
	return !p.opts.saveEvery && !p.opts.layout.DeleteMalformed && !p.absent.waits()
}

// Logger is where the plugin logs: see [WithLogger].
func (p *Plugin) Logger() *slog.Logger { return p.opts.log() }
