package recipes

import (
	"fmt"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

const said = ginsession.Field[int]("said")

// chat counts what the user says, and hangs up once the session has ended.
func chat(sessions *gormsession.Plugin) gin.HandlerFunc {
	return func(c *gin.Context) {
		s := ginsession.Get(c)
		user := s.UserID()
		// Accept refuses pages of other origins, to which a browser sends the cookie along.
		conn, err := websocket.Accept(c.Writer, c.Request, nil)
		if err != nil {
			return // Accept has answered
		}
		defer conn.CloseNow()
		ctx, key := c.Request.Context(), s.Key() // of a session that has begun with the handshake, too
		for {
			if _, _, err := conn.Read(ctx); err != nil {
				return
			}
			// As it is now; s is as it was at the handshake. Of one that has ended a Save would begin
			// another one.
			now, err := sessions.Open(ctx, key)
			if err == nil && (now.IsNew() || now.UserID() != user) {
				_ = conn.Close(websocket.StatusPolicyViolation, "logged out")
				return
			}
			if err == nil {
				said.Modify(now, func(n int) int { return n + 1 })
				err = now.Save() // nobody else does, here
			}
			if err != nil {
				_ = conn.Close(websocket.StatusTryAgainLater, "try again")
				return
			}
			text := fmt.Appendf(nil, "message %d", said.Or(now, 0))
			if err := conn.Write(ctx, websocket.MessageText, text); err != nil {
				return
			}
		}
	}
}
