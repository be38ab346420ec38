package main

import (
	"net/http"
	"net/http/httptest"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
)

// request has a client read the session of a key, and returns the key that it has afterwards.
func (k *desk) request(p *gormsession.Plugin, key string) string {
	k.t.Helper()
	handler := httpsession.Handler(p)(http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) { httpsession.Get(r).Len() }))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: p.CookieName(), Value: key})
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		key = cookie.Value
	}
	return key
}
