// Command example is a small shop that keeps its sessions in SQLite through
// GORM. It needs nothing but Go and a C compiler:
//
//	go run ./example
//
// Read shop.go first: it mounts the middleware. cart.go, login.go and devices.go
// are what an application writes; page.go shows what the library does meanwhile.
// server.go, limits.go and database.go are what any site on the internet needs.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
)

// settings are the flags of the command.
type settings struct {
	addr       string
	file       string // of the database; empty for a temporary one
	cert, key  string // files for TLS; without them the shop speaks plain HTTP
	production bool   // something in front of it speaks TLS
	level      logger.LogLevel
}

// https tells whether the shop speaks TLS itself.
func (s settings) https() bool { return s.cert != "" }

// options are the library's defaults, and those for a site that browsers reach
// over TLS alone where they do. Among these is a name for the cookie that makes
// browsers keep it to this very host: a page on a sibling host cannot plant a
// session of its own here.
func (s settings) options() []gormsession.Option {
	if s.https() || s.production {
		return []gormsession.Option{gormsession.Production()}
	}
	return nil
}

func main() {
	var s settings
	flag.StringVar(&s.addr, "addr", "127.0.0.1:8080",
		"address to listen on; a free port is taken when it is in use")
	flag.StringVar(&s.file, "db", "",
		"SQLite file for the sessions (default: a temporary one, removed on exit)")
	flag.StringVar(&s.cert, "cert", "", "file with a TLS certificate: the shop speaks HTTPS")
	flag.StringVar(&s.key, "key", "", "file with the certificate's key")
	flag.BoolVar(&s.production, "production", false,
		"the session's settings for a site on the internet, which -cert implies; needs TLS in front "+
			"of the shop, as the cookie is Secure: over plain http some browsers do not keep it, "+
			"not even on localhost")
	sql := flag.Bool("sql", false, "print every SQL statement")
	flag.Parse()

	s.level = logger.Warn
	if *sql {
		s.level = logger.Info
	}
	gin.SetMode(gin.ReleaseMode)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	if err := run(ctx, s, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run keeps the shop open until ctx ends.
func run(ctx context.Context, s settings, out io.Writer) error {
	if (s.cert == "") != (s.key == "") {
		return fmt.Errorf("-cert and -key go together")
	}
	if s.file == "" {
		dir, err := os.MkdirTemp("", "shop-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.file = filepath.Join(dir, "shop.db")
	}
	db, err := openDatabase(s.file, s.level)
	if err != nil {
		return err
	}
	defer closeDatabase(db)
	shop, err := newShop(db, s.options()...)
	if err != nil {
		return fmt.Errorf("open the shop: %w", err)
	}

	listener, err := listen(s.addr)
	if err != nil {
		return err
	}
	scheme := "http"
	if s.https() {
		scheme = "https"
	}
	fmt.Fprintf(out, "The shop is open at %s://%s (Ctrl-C closes it)\n", scheme, listener.Addr())
	return serve(ctx, newServer(shop), listener, s.cert, s.key)
}
