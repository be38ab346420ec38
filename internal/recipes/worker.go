package recipes

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

const report = ginsession.Field[string]("report")

// orderReport answers at once. The key is as secret as the cookie: whoever reads the queue, which
// holds no hashes as the table does, can be any of its users.
func orderReport(jobs chan<- string) gin.HandlerFunc {
	return func(c *gin.Context) {
		s := ginsession.Get(c)
		report.Set(s, "is being made")
		if s.Save() != nil { // now, so that there is a row, and a key, when the worker comes
			c.AbortWithStatus(http.StatusServiceUnavailable)
			return
		}
		jobs <- s.Key()
		c.Status(http.StatusAccepted)
	}
}

// work does one job. What it returns may be tried again.
func work(
	ctx context.Context, sessions *gormsession.Plugin, key string, do func() string,
) error {
	text := do() // first, so that the session is opened for a moment only
	s, err := sessions.Open(ctx, key)
	if err != nil {
		return err
	}
	if s.IsNew() { // the user has logged out, and a Save would begin another session
		return nil
	}
	report.Set(s, text)
	if err := s.Save(); !errors.Is(err, gormsession.ErrInterrupted) { // nor is it brought back
		return err
	}
	return nil
}
