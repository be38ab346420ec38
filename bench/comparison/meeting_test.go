package comparison

import (
	"net/http"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// Two requests that have both read the session set different entries: with gormsession both are
// kept, with the others the one is that was saved last.
func TestTwoEntriesAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		both := meeting(2)
		s.handle("/set/:name", func(c *gin.Context, in session) {
			in.get("user")
			both()
			in.set(c.Param("name"), "set")
			s.answer(c, in.save())
		})
		s.handle("/both", func(c *gin.Context, in session) {
			n := 0
			for _, name := range []string{"a", "b"} {
				if in.get(name) == "set" {
					n++
				}
			}
			c.String(http.StatusOK, "%d", n)
		})
		u := s.user()
		together(func() { u.page("/set/a") }, func() { u.page("/set/b") })
		s.is("entries that are kept", u.page("/both"), map[string]string{
			ofSCS: "200 1", ofContrib: "200 1", ofGorilla: "200 1", ours: "200 2",
		})
	})
}

// Eight requests that have all read the session count one up each. Modify of gormsession counts
// exactly, and no other library has a call for it.
func TestCountAtOnce(t *testing.T) {
	t.Parallel()
	const requests = 8
	each(t, func(s *site) {
		all := meeting(requests)
		s.handle("/count", func(c *gin.Context, in session) {
			n, _ := in.get("n").(int)
			all()
			if own, ok := in.(inOurs); ok {
				ginsession.Field[int]("n").Modify(own.State, func(n int) int { return n + 1 })
			} else {
				in.set("n", n+1)
			}
			s.answer(c, in.save())
		})
		s.handle("/n", func(c *gin.Context, in session) { c.String(http.StatusOK, "%v", in.get("n")) })
		u := s.user()
		var counts []func()
		for range requests {
			counts = append(counts, func() { u.page("/count") })
		}
		together(counts...)
		s.is("counted", u.page("/n"), map[string]string{
			ofSCS: "200 1", ofContrib: "200 1", ofGorilla: "200 1", ours: "200 8",
		})
	})
}

// What a handler sets without a save is kept by scs and gormsession alone.
func TestForgottenSave(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.handle("/set", func(c *gin.Context, in session) {
			in.set("a", "set")
			c.String(http.StatusOK, "ok")
		})
		s.handle("/a", func(c *gin.Context, in session) { c.String(http.StatusOK, "%v", in.get("a")) })
		u := s.user()
		u.page("/set")
		s.is("the entry", u.page("/a"), map[string]string{
			ofSCS: "200 set", ofContrib: "200 <nil>", ofGorilla: "200 <nil>", ours: "200 set",
		})
	})
}

// A request that has read the session before the logout saves it after that: with gormsession it
// stays deleted, and the request is told so; with the others the user is logged in again, with scs
// under the key that he had, and else under a new one.
func TestSlowRequestAfterLogout(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		read, saved := make(chan struct{}), make(chan struct{})
		s.handle("/slow", func(c *gin.Context, in session) {
			in.get("user")
			close(read)
			<-saved
			in.set("a", "set")
			s.answer(c, in.save())
		})
		u := s.user()
		key := u.cookie()
		slow := s.client()
		slow.have(key)
		var answer string
		together(
			func() { answer = slow.page("/slow")[:3] },
			func() { <-read; u.page("/logout"); close(saved) },
		)
		old := s.client()
		old.have(key)
		s.is("slow request, its client, the old key",
			answer+", "+slow.page("/user")+", "+old.page("/user"), map[string]string{
				ofSCS:     "200, 200 user 42, 200 user 42",
				ofContrib: "200, 200 user 42, 200 user <nil>",
				ofGorilla: "200, 200 user 42, 200 user <nil>",
				ours:      "400, 200 user <nil>, 200 user <nil>",
			})
	})
}

// meeting returns a function that returns once it has been called n times.
func meeting(n int) func() {
	var all sync.WaitGroup
	all.Add(n)
	return func() {
		all.Done()
		all.Wait()
	}
}

// together calls functions at the same time, and returns when all of them have.
func together(functions ...func()) {
	var all sync.WaitGroup
	for _, f := range functions {
		all.Go(f)
	}
	all.Wait()
}
