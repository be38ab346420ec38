package comparison

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
)

// With a store that is away a read is 503 with gormsession, and 500 with scs, which answers so for
// pages that do not touch the session; the others call the user logged out.
func TestStoreIsAway(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		u := s.user()
		s.lose()
		s.is("a page that reads, and one that does not",
			u.page("/user")+", "+u.page("/untouched"), map[string]string{
				ofSCS:     "500 Internal Server Error\n, 500 Internal Server Error\n",
				ofContrib: "200 user <nil>, 200 ok",
				ofGorilla: "200 user <nil>, 200 ok",
				ours:      "503 Service Unavailable\n, 200 ok",
			})
	})
}

// Where the store goes between the load and the save, a handler that asks for no error answers as
// if all was saved with gin-contrib and gorilla; scs puts its error before the handler's body.
func TestSaveFails(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.handle("/set", func(c *gin.Context, in session) {
			in.set("a", "set")
			s.lose()
			_ = in.save()
			c.String(http.StatusOK, "saved")
		})
		s.is("the answer", s.user().page("/set"), map[string]string{
			ofSCS:     "500 Internal Server Error\nsaved",
			ofContrib: "200 saved",
			ofGorilla: "200 saved",
			ours:      "503 Service Unavailable\n",
		})
	})
}

// What is set for somebody new after the body has begun is kept with gormsession, which holds the
// response. With scs it is not saved; with the others it is, but nobody has its key.
func TestSetAfterTheBody(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.handle("/late", func(c *gin.Context, in session) {
			c.String(http.StatusOK, "body")
			in.set("user", 42)
			_ = in.save()
		})
		v := s.client()
		v.page("/late")
		s.is("rows, and the next page",
			fmt.Sprintf("%d, %s", len(s.keys()), v.page("/user")), map[string]string{
				ofSCS:     "0, 200 user <nil>",
				ofContrib: "1, 200 user <nil>",
				ofGorilla: "1, 200 user <nil>",
				ours:      "1, 200 user 42",
			})
	})
}

// Server-sent events by gin's Stream: they come, but with scs around gin, on whose writer it does
// not work. The session that was set before is kept with each.
func TestStream(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.handle("/stream", func(c *gin.Context, in session) {
			in.set("user", 42)
			_ = in.save()
			n := 0
			c.Stream(func(io.Writer) bool {
				c.SSEvent("n", n)
				n++
				return n < 2
			})
		})
		v := s.client()
		got := v.page("/stream")[:3]
		s.is("the stream, and the next page", got+", "+v.page("/user"), map[string]string{
			ofSCS:     "500, 200 user 42",
			ofContrib: "200, 200 user 42",
			ofGorilla: "200, 200 user 42",
			ours:      "200, 200 user 42",
		})
	})
}

// A Flush before the first byte, and for scs one by a handler of net/http: its header leaves
// without the session, which is saved later under a key that nobody has.
func TestFlushBeforeTheBody(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.handle("/early", func(c *gin.Context, in session) {
			in.set("user", 42)
			_ = in.save()
			var w http.ResponseWriter = c.Writer
			if s.name == ofSCS {
				w = c.Writer.(interface{ Unwrap() http.ResponseWriter }).Unwrap()
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				s.Error(err)
			}
			c.String(http.StatusOK, "body")
		})
		v := s.client()
		v.page("/early")
		s.is("rows, and the next page",
			fmt.Sprintf("%d, %s", len(s.keys()), v.page("/user")), map[string]string{
				ofSCS:     "1, 200 user <nil>",
				ofContrib: "1, 200 user 42",
				ofGorilla: "1, 200 user 42",
				ours:      "1, 200 user 42",
			})
	})
}

// lose closes the database of the site under its feet.
func (s *site) lose() {
	pool, err := s.db.DB()
	if err != nil {
		s.Error(err)
		return
	}
	pool.Close()
}
