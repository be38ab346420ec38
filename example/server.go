package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// newServer limits how long a client may hold what it uses of the shop. Without
// these four times net/http waits for a slow client for ever. A response that is
// a stream moves its own deadline, with http.NewResponseController.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second, // the header and the body
		WriteTimeout:      30 * time.Second, // the body, the handler and the response
		IdleTimeout:       time.Minute,      // between two requests
		MaxHeaderBytes:    64 << 10,
	}
}

// listen takes addr, or any free port of the same host where addr is taken.
func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if host, _, splitErr := net.SplitHostPort(addr); err != nil && splitErr == nil {
		if free, freeErr := net.Listen("tcp", net.JoinHostPort(host, "0")); freeErr == nil {
			return free, nil
		}
	}
	return listener, err // the first error: it names the address that was asked for
}

// serve answers requests until ctx ends, then lets those under way finish. It
// speaks TLS if there is a certificate.
func serve(
	ctx context.Context, server *http.Server, listener net.Listener, cert, key string,
) error {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			server.Close() // somebody holds a connection open
		}
	})
	defer stop()
	var err error
	if cert != "" {
		err = server.ServeTLS(listener, cert, key)
	} else {
		err = server.Serve(listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-closed // Serve returns when the shutdown begins
	return nil
}
