package echosession

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/seed7368b609/gormsession/internal/passage"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// take takes a request through the session. The request stays replaced, so that those outside, such
// as the application's error handler, find the session; the response does not.
func take(c *echo.Context, mount *visit.Mount, next echo.HandlerFunc) (err error) {
	outside, given := c.Response(), c.Request()
	var held *passage.Writer
	returned := false
	defer func() {
		c.SetResponse(outside)
		if !returned { // it panics, and whoever recovers may print the request
			c.SetRequest(passage.Shown(c.Request(), given))
		}
	}()
	failed := passage.Serve(mount, found(outside), given, http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			began := false
			if held, began = w.(*passage.Writer); began {
				err = within(c, held, r, next)
				return
			}
			c.SetRequest(r)
			err = next(c)
			c.SetRequest(given)
		}))
	returned = true
	switch {
	case err == nil:
		err = failed
	case failed != nil && !errors.Is(err, failed): // a Write has not told the handler
		err = errors.Join(err, failed)
	}
	if err != nil && held != nil {
		c.Set(answered, err)
		outside = completed(outside, held, c.Logger())
	}
	return err
}

// within runs what is mounted inside, with a response of Echo's over the held one, and has its
// error answered.
func within(
	c *echo.Context, held *passage.Writer, r *http.Request, next echo.HandlerFunc,
) error {
	response := echo.NewResponse(held, c.Logger())
	if outside, err := echo.UnwrapResponse(c.Response()); err == nil {
		response.Status = outside.Status // what a middleware outside has proposed
	}
	c.SetRequest(r)
	c.SetResponse(response)
	err := next(c)
	if err != nil {
		answer(c, held, response, err)
	}
	return err
}

// answered is where a Context has the last error that a session has let out, with its answer.
const answered = "gormsession: answered"

// answer has the application's error handler answer an error, where the response is still to be
// written. Where it is not, or the handler leaves it so, the error is no success all the same,
// unless what was written is its answer already: that of a session inside, or, as it looks, that of
// a middleware that has called the error handler itself.
func answer(c *echo.Context, held *passage.Writer, response *echo.Response, err error) {
	if before, ok := c.Get(answered).(error); ok && errors.Is(err, before) {
		return
	}
	if e := c.Echo(); e != nil && !response.Committed && !held.Written() && held.Held() {
		c.SetResponse(response)
		e.HTTPErrorHandler(c, err)
		if response.Committed {
			return
		}
	}
	status := echo.StatusCode(err)
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if status >= http.StatusInternalServerError && held.Status() < http.StatusBadRequest {
		held.BreakOff(status)
	}
}
