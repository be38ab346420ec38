package recipes

import (
	"context"
	"io"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// feed sends a user's news until he leaves, or is found logged out at a check. Each stream has its
// own: the news that subscribe listens to until ctx ends, and the checks that begin begins, such as
// those of time.Tick(time.Minute).
func feed(
	sessions *gormsession.Plugin, begin func() <-chan time.Time,
	subscribe func(ctx context.Context, user string) <-chan string,
) gin.HandlerFunc {
	return func(c *gin.Context) {
		s := ginsession.Get(c)
		user := s.UserID() // before the first event leaves
		ctx := c.Request.Context()
		news, check := subscribe(ctx, user), begin()
		c.Stream(func(io.Writer) bool {
			select {
			case <-ctx.Done():
				return false
			case text := <-news:
				c.SSEvent("news", text)
				return true
			case <-check:
			}
			now, err := sessions.Open(ctx, s.Key()) // as it is now; s is as it was
			return err != nil || now.UserID() == user
		})
	}
}
