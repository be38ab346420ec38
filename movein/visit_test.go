package movein_test

import (
	"net/http"
	"net/http/httptest"
)

// visit asks an application for a page with the old cookie alone, and returns the status.
func visit(app http.Handler, token string) int {
	return ask(app, &http.Cookie{Name: oldCookie, Value: token}).StatusCode
}

// ask asks an application for a page.
func ask(app http.Handler, cookies ...*http.Cookie) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w.Result()
}

// cookie is what a response says of a cookie, nil if it says nothing.
func cookie(response *http.Response, name string) *http.Cookie {
	for _, c := range response.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}
