package recipes

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"gorm.io/gorm"
)

// serve goes on until ctx ends, as that of signal.NotifyContext does.
func serve(ctx context.Context, server *http.Server, on net.Listener, db *gorm.DB) error {
	ended := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		ended <- server.Shutdown(patience) // the requests that run are answered, and saved
	})
	if err := server.Serve(on); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	if err := <-ended; err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}
