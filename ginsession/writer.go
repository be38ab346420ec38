package ginsession

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/internal/response"
)

// writer is the held response as gin wants to see it.
type writer struct{ response.Writer }

var _ gin.ResponseWriter = (*writer)(nil)

// CloseNotify is for c.Stream. gin panics where the server's writer has none.
func (w *writer) CloseNotify() <-chan bool { return w.beneath().CloseNotify() }

// Pusher is nil where the connection cannot push.
func (w *writer) Pusher() http.Pusher { return w.beneath().Pusher() }

func (w *writer) beneath() gin.ResponseWriter { return w.Unwrap().(gin.ResponseWriter) }

func (w *writer) rebase(beneath gin.ResponseWriter) { w.Rebase(beneath, beneath.Status()) }
