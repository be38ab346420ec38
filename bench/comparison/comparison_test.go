package comparison

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/securecookie"

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

// A login by the library's own call, or by an entry where it has none, changes the key with scs and
// gormsession alone: who knew the key before it is not logged in.
func TestKeyAtLogin(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.handle("/visit", func(c *gin.Context, in session) {
			in.set("cart", "mug")
			s.answer(c, in.save())
		})
		u, planted := s.client(), s.client()
		u.page("/visit")
		known := u.cookie()
		u.page("/login")
		planted.have(known)
		s.is("with the key from before the login", planted.page("/user"), map[string]string{
			ofSCS: "200 user <nil>", ofContrib: "200 user 42", ofGorilla: "200 user 42",
			ours: "200 user <nil>",
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

// The table of gormsession holds no key: with scs a row's key is the cookie, and with the others it
// is what the cookie signs.
func TestKeysInTheTable(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		u := s.user()
		got := "hashed"
		if slices.Contains(s.keys(), u.cookie()) {
			got = "the cookie"
		} else if s.name != ours && s.signs(u.cookie()) == s.keys()[0] {
			got = "signed in the cookie"
		}
		s.is("the row's key is", got, map[string]string{
			ofSCS: "the cookie", ofContrib: "signed in the cookie", ofGorilla: "signed in the cookie",
			ours: "hashed",
		})
	})
}

// have gives the client a cookie.
func (c *client) have(value string) {
	req, err := http.NewRequest(http.MethodGet, c.base, nil)
	if err != nil {
		c.Fatal(err)
	}
	c.Jar.SetCookies(req.URL, []*http.Cookie{{Name: cookieName, Value: value, Path: "/"}})
}

// signs is what a signed cookie says.
func (s *site) signs(cookie string) (key string) {
	err := securecookie.DecodeMulti(cookieName, cookie, &key, securecookie.CodecsFromPairs(secret)...)
	if err != nil {
		s.Error(err)
	}
	return key
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
