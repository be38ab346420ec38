package sitetest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
)

// RequireFresh checks that a route that needs the password again is closed to who has logged in too
// long ago, or not at all, with a status of its own or what the application says instead, and that
// no handler behind it runs. The application logs in at /login, and answers "done" at /bare and
// /asking, both of which need a login of the last minute: the second one sends to another page
// otherwise.
func RequireFresh(t *testing.T, application func(*gormsession.Plugin) http.Handler) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := New(t)
	handler := application(s.NewPlugin(gormsession.WithClock(func() time.Time { return now }),
		gormsession.WithLogger(slog.New(slog.DiscardHandler))))
	cookie := ""
	visit := func(path string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		if cookie != "" {
			request.Header.Set("Cookie", "session="+cookie)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		for _, c := range w.Result().Cookies() {
			cookie = c.Value
		}
		return w
	}
	wants := func(when string, bare, asking int) {
		t.Helper()
		for path, want := range map[string]int{"/bare": bare, "/asking": asking} {
			w := visit(path)
			if w.Code != want || (w.Body.String() == "done") != (want == http.StatusOK) {
				t.Errorf("%s, %s: %d %s, not %d", when, path, w.Code, w.Body, want)
			}
		}
	}
	wants("nobody", http.StatusUnauthorized, http.StatusSeeOther)
	visit("/login")
	wants("fresh", http.StatusOK, http.StatusOK)
	now = now.Add(time.Minute)
	wants("stale", http.StatusForbidden, http.StatusSeeOther)
	visit("/login")
	wants("again", http.StatusOK, http.StatusOK)
	pool, err := s.DB.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.Close()
	wants("no database", http.StatusServiceUnavailable, http.StatusServiceUnavailable)
}
