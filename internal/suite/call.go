package suite

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/seed7368b609/gormsession"
)

// A Call is what a page gets: a request with its session, and the response. An adapter makes one
// for each request.
type Call struct {
	Request *http.Request
	Writer  http.ResponseWriter

	// Get returns the session. It is called only by pages that use it.
	Get func() *gormsession.State
}

// Session is the session of the request.
func (c *Call) Session() *gormsession.State { return c.Get() }

// Query is a parameter of the URL.
func (c *Call) Query(name string) string { return c.Request.URL.Query().Get(name) }

// Header sets a line of the response's header.
func (c *Call) Header(name, value string) { c.Writer.Header().Set(name, value) }

// Status sets the status of the response.
func (c *Call) Status(code int) { c.Writer.WriteHeader(code) }

// String answers with a text.
func (c *Call) String(code int, format string, values ...any) {
	c.Header("Content-Type", "text/plain; charset=utf-8")
	c.Status(code)
	fmt.Fprintf(c.Writer, format, values...)
}

// JSON answers with a value as JSON.
func (c *Call) JSON(code int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	c.Header("Content-Type", "application/json; charset=utf-8")
	c.Status(code)
	_, _ = c.Writer.Write(text)
}

// Redirect sends the client to another page.
func (c *Call) Redirect(code int, location string) {
	http.Redirect(c.Writer, c.Request, location, code)
}

// Flush sends what there is of the response. A case that calls it needs [Stream].
func (c *Call) Flush() {
	if err := http.NewResponseController(c.Writer).Flush(); err != nil {
		panic(err)
	}
}
