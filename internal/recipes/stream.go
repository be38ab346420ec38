package recipes

import (
	"io"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// feed sends news until the user leaves, or is found logged out at a check, such as
// time.Tick(time.Minute).
func feed(
	sessions *gormsession.Plugin, news <-chan string, check <-chan time.Time,
) gin.HandlerFunc {
	return func(c *gin.Context) {
		s := ginsession.Get(c)
		user, key := s.UserID(), s.Key() // before the first event leaves
		ctx := c.Request.Context()
		c.Stream(func(io.Writer) bool {
			select {
			case <-ctx.Done():
				return false
			case text := <-news:
				c.SSEvent("news", text)
				return true
			case <-check:
			}
			now, err := sessions.Open(ctx, key) // as it is now; s is as it was
			return err != nil || now.UserID() == user
		})
	}
}
