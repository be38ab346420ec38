package ginsession_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// What a panic leaves to be said of a session is said where it passes a session outside as well,
// which drops the response once more: that it was read, a logout, and a session that Save has made.
// What else was put into the header in between is dropped.
func TestPanicPassesTwoPlugins(t *testing.T) {
	deleted := func(lines []string) bool {
		return len(lines) == 1 && strings.HasPrefix(lines[0], "other=;")
	}
	for _, test := range []struct {
		name   string
		does   func(inner *ginsession.State)
		says   func(cookies []string) bool
		remain int64
	}{
		{"a read", func(s *ginsession.State) { s.Get("k") },
			func(lines []string) bool { return len(lines) == 0 }, 1},
		{"a logout", (*ginsession.State).Flush, deleted, 0},
		{"a logout of both", nil, func(lines []string) bool {
			return len(lines) == 2 && deleted(slices.DeleteFunc(lines, func(line string) bool {
				return strings.HasPrefix(line, "session=;")
			}))
		}, 0},
		{"a save", func(s *ginsession.State) { s.CycleKey(); _ = s.Save() },
			func(lines []string) bool {
				return len(lines) == 1 && strings.HasPrefix(lines[0], "other=") && !deleted(lines)
			}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
				between := func(c *gin.Context) {
					c.Header("Vary", "Accept-Encoding")
					c.Header("X-Between", "1")
				}
				inner := ginsession.Handler(other)
				s.engine.GET("/begin", s.session, inner, func(c *gin.Context) {
					ginsession.GetFrom(c, s.plugin).Set("k", "old")
					ginsession.Get(c).Set("k", "old")
				})
				s.engine.GET("/", gin.Recovery(), s.session, between, inner, func(c *gin.Context) {
					if test.does == nil {
						ginsession.GetFrom(c, s.plugin).Flush()
						ginsession.Get(c).Flush()
					} else {
						test.does(ginsession.Get(c))
					}
					panic("no")
				})
				a := s.get("/", s.get("/begin"))
				h := a.response.Header
				if a.status != http.StatusInternalServerError || s.otherRows() != test.remain {
					t.Errorf("%d, %d rows are left", a.status, s.otherRows())
				}
				if lines := h["Set-Cookie"]; !test.says(slices.Clone(lines)) {
					t.Errorf("Set-Cookie: %q", lines)
				}
				if vary := h.Get("Vary"); !strings.Contains(vary, "Cookie") || h.Get("X-Between") != "" {
					t.Errorf("Vary: %q, X-Between: %q", vary, h.Get("X-Between"))
				}
				if control := h.Get("Cache-Control"); control != "private" {
					t.Errorf("Cache-Control: %q", control)
				}
			})
		})
	}
}
