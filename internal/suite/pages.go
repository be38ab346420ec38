package suite

import (
	"net/http"

	"github.com/seed7368b609/gormsession"
)

// keyWithoutRow is a well-formed key that no session has.
const keyWithoutRow = "abcdefghijklmnopqrstuvwxyz012345"

// What pages do to their session: nothing, read, write, cycle, flush and so on.
var (
	pageS = untouched
	pageR = readName
	pageW = writeName("Bob")
	pageC = func(c *Call) { c.Session().CycleKey() }
	pageF = func(c *Call) { c.Session().Flush() }
	pageN = func(c *Call) { c.Session().Flush(); pageW(c) } // a login after a logout
	pageT = func(c *Call) { c.Session().Touch() }
	pageD = func(c *Call) { pageW(c); c.Session().Discard() }
	pageX = func(c *Call) { c.Session().Clear() }
	pageE = func(c *Call) { pageW(c); c.Session().Delete("name") }
)

func untouched(c *Call) { c.String(http.StatusOK, "hello") }

func readName(c *Call) { c.JSON(http.StatusOK, c.Session().Get("name")) }

func writeName(name string) func(*Call) {
	return func(c *Call) {
		c.Session().Set("name", name)
		c.String(http.StatusOK, "done")
	}
}

// increment is the page of most cases of faults.
func increment(c *Call) {
	c.String(http.StatusOK, "%d", counter.Modify(c.Session(), plusOne))
}

func showCounter(c *Call) { c.String(http.StatusOK, "%d", counter.Or(c.Session(), 0)) }

const counter = gormsession.Field[int]("n")

func plusOne(n int) int { return n + 1 }

func set(name string, value any) func(*Call) {
	return func(c *Call) { c.Session().Set(name, value) }
}

func saves(c *Call) { _ = c.Session().Save() }
