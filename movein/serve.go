package movein

import (
	"context"
	"errors"
	"net/http"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/header"
)

// Handler is the bridge as a middleware of net/http, to be mounted inside of the session's own and
// outside of what uses it:
//
//	httpsession.Handler(plugin)(bridge.Handler(mux))
func (b *Bridge) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session := func() *gormsession.State { return httpsession.GetFrom(r, b.plugin) }
		b.Serve(session, w, r, func() { next.ServeHTTP(w, r) })
	})
}

// Serve sees to the old cookie of one request, and calls next, which uses the session. It reports
// whether it did: where it is not known whose the request is, as the database does not say, the
// response is the error's. A request without an old cookie costs nothing, and session is not
// called. It is for adapters.
func (b *Bridge) Serve(
	session func() *gormsession.State, w http.ResponseWriter, r *http.Request, next func(),
) (served bool) {
	forget := false
	if cookie, err := r.Cookie(b.source.Cookie()); err == nil {
		s := session()
		if forget, err = b.lead(s, r, cookie.Value); err != nil {
			b.plugin.Logger().Error("gormsession: an old session was not taken over", "error", err)
			if !b.plugin.Adapter().Fail(s, w, r, err) {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return false
		}
	}
	next()
	if forget {
		b.forget(w, r)
	}
	return true
}

// lead leads a request to the session that the old one has become. It reports whether the client is
// to forget the old cookie: once it has come with a session of ours, or the cookie leads nowhere
// any more. What the old library knows nothing of stays, as it may be the library that is wrong,
// about its keys, or about a fault of its store: the client is as it was once that is mended.
func (b *Bridge) lead(
	s *gormsession.State, r *http.Request, value string,
) (forget bool, err error) {
	if s.Load() != nil {
		return false, nil // which the response says
	}
	// What was begun is brought to its end, also for a client that does not wait for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), timeout)
	defer cancel()
	name := b.source.Name(value)
	o := old{r.WithContext(ctx), rowOf(b.source.Cookie(), name), value}
	if !s.IsNew() {
		if name != "" && !b.Keep {
			err = b.retire(ctx, o)
		}
		return !b.Keep, err
	}
	if name == "" {
		return false, nil
	}
	key, known, err := b.heir(ctx, o)
	if err != nil || key == "" {
		return known && !b.Keep, err
	}
	switch err = b.plugin.Adapter().Adopt(s, key); {
	case errors.Is(err, gormsession.ErrUnavailable):
		return false, nil // it sticks to the session
	case err != nil:
		return false, err
	}
	// One that was led may not get the response: it keeps the cookie until it comes with the new one.
	return s.IsNew() && !b.Keep, nil
}

// forget has the client forget the old cookie, if the header has not left. A response that shared
// caches keep would tell others to, whose sessions are still to be taken over.
func (b *Bridge) forget(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if header.IsPublic(h) {
		return
	}
	b.source.Forget(w, r)
	if len(h["Cache-Control"]) > 0 { // else the session says it
		header.KeepPrivate(h)
	}
}
