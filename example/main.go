// Command example is a small shop that keeps its sessions in SQLite through
// GORM. It needs nothing but Go and a C compiler:
//
//	go run ./example
//
// Read shop.go first: it mounts the middleware. cart.go and login.go are what
// an application writes; page.go shows what the library does meanwhile.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on; a free port is taken when it is in use")
	file := flag.String("db", "", "SQLite file for the sessions (default: a temporary one, removed on exit)")
	sql := flag.Bool("sql", false, "print every SQL statement")
	flag.Parse()

	level := logger.Warn
	if *sql {
		level = logger.Info
	}
	gin.SetMode(gin.ReleaseMode)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *addr, *file, level, os.Stdout)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// run keeps the shop open until ctx ends.
func run(ctx context.Context, addr, file string, level logger.LogLevel, out io.Writer) error {
	if file == "" {
		dir, err := os.MkdirTemp("", "shop-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		file = filepath.Join(dir, "shop.db")
	}
	db, err := openDatabase(file, level)
	if err != nil {
		return err
	}
	defer closeDatabase(db)

	listener, err := listen(addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: newShop(db), ReadHeaderTimeout: 5 * time.Second}
	fmt.Fprintf(out, "The shop is open at http://%s (Ctrl-C closes it)\n", listener.Addr())
	return serve(ctx, server, listener)
}

// openDatabase opens the application's own database. The sessions move in with
// it: their table is made when the shop is built.
func openDatabase(file string, level logger.LogLevel) (*gorm.DB, error) {
	// WAL lets readers go on while somebody writes.
	db, err := gorm.Open(sqlite.Open(file+"?_journal_mode=WAL&_busy_timeout=5000"), &gorm.Config{
		Logger: logger.New(log.Default(), logger.Config{LogLevel: level, SlowThreshold: time.Second}),
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	return db, nil
}

func closeDatabase(db *gorm.DB) {
	if pool, err := db.DB(); err == nil {
		pool.Close()
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

// serve answers requests until ctx ends, then lets those under way finish.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	closed := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(closed)
		grace, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			server.Close() // somebody holds a connection open
		}
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-closed
	return nil
}
