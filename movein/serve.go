package movein

import (
	"context"
	"errors"
	"net/http"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
)

// Handler is the bridge as a middleware of net/http, to be mounted inside of the session's own and
// outside of what uses it:
//
//	httpsession.Handler(plugin)(bridge.Handler(mux))
func (b *Bridge) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session := func() *gormsession.State { return httpsession.GetFrom(r, b.plugin) }
		if b.Serve(session, w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

// Serve sees to the old cookie of one request, before its session is used, and reports whether the
// request may go on: where it is not known whose it is, as the database does not say, the response
// is the error's. A request without an old cookie costs nothing, and session is not called. It is
// for adapters.
func (b *Bridge) Serve(
	session func() *gormsession.State, w http.ResponseWriter, r *http.Request,
) (goesOn bool) {
	cookie, err := r.Cookie(b.source.Cookie())
	if err != nil {
		return true
	}
	s := session()
	if s.Load() != nil {
		return true // which the response says
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), timeout)
	defer cancel()
	led, err := b.lead(ctx, s, r, cookie.Value)
	if err != nil {
		b.plugin.Logger().Error("gormsession: an old session was not taken over", "error", err)
		if !b.plugin.Adapter().Fail(s, w, r, err) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return false
	}
	// One that has just been led may not get the response: it keeps the cookie until it comes with
	// the new one.
	if !led && !b.Keep {
		b.source.Forget(w, r)
	}
	return true
}

// lead leads a request to the session that the old one has become, and reports whether it did.
func (b *Bridge) lead(
	ctx context.Context, s *gormsession.State, r *http.Request, value string,
) (led bool, err error) {
	name := b.source.Name(value)
	if name == "" {
		return false, nil
	}
	o := old{r, rowOf(b.source.Cookie(), name), value}
	if !s.IsNew() {
		if !b.Keep {
			err = b.retire(ctx, o)
		}
		return false, err
	}
	key, err := b.heir(ctx, o)
	if err != nil || key == "" {
		return false, err
	}
	switch err = b.plugin.Adapter().Adopt(s, key); {
	case errors.Is(err, gormsession.ErrUnavailable):
		return true, nil // it sticks to the session
	case err != nil:
		return false, err
	}
	return !s.IsNew(), nil
}
