package movein_test

import (
	"net/http"
	"net/http/httptest"
)

// visit asks an application for a page with the old cookie alone, and returns the status.
func visit(app http.Handler, token string) int {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: oldCookie, Value: token})
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w.Code
}
