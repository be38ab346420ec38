package httpsession_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/httpsession"
)

// Whatever a middleware outside says of caching, and however late, a response with our cookie
// leaves as one that no shared cache stores; one without it leaves as it is told.
func TestCookieIsKeptFromCachesOutside(t *testing.T) {
	public := func(early bool) middleware {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !early {
					next.ServeHTTP(w, r)
				}
				w.Header().Set("Cache-Control", "public, max-age=60")
				w.Header().Set("CDN-Cache-Control", "max-age=60")
				if early {
					next.ServeHTTP(w, r)
				}
			})
		}
	}
	pages := map[string]http.HandlerFunc{
		"empty":      func(http.ResponseWriter, *http.Request) {},
		"no content": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"a redirect": http.RedirectHandler("/", http.StatusSeeOther).ServeHTTP,
		"a page":     func(w http.ResponseWriter, _ *http.Request) { write(w, 200, "page") },
		"an error":   func(w http.ResponseWriter, _ *http.Request) { write(w, 500, "no") },
	}
	visits := map[string]func(s *httpsession.State){
		"untouched": func(*httpsession.State) {},
		"set":       func(s *httpsession.State) { s.Set("k", "new") },
		"deleted":   (*httpsession.State).Flush,
	}
	each(t, func(t *testing.T, s *site) {
		login := s.login()
		other := httpsession.Handler(s.Other())
		for name, page := range pages {
			for what, visit := range visits {
				for _, early := range []bool{true, false} {
					for _, within := range [][]middleware{{s.session}, {other, s.session}} {
						s.serve(func(w http.ResponseWriter, r *http.Request) {
							visit(httpsession.Get(r))
							page(w, r)
						}, append([]middleware{public(early)}, within...)...)
						h := s.Get(login).Header
						told, control := h.Get("Set-Cookie") != "", h.Get("Cache-Control")
						if private := strings.Contains(control, "private") ||
							strings.Contains(control, "no-store"); told && !private {
							t.Errorf("%s, %s, early %t: a shared cache may store %v", name, what, early, h)
						}
						if what == "untouched" && (early || name == "empty") && name != "an error" &&
							control != "public, max-age=60" {
							t.Errorf("%s, %s, early %t: %v", name, what, early, h)
						}
					}
				}
			}
		}
	})
}
