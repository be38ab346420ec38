// Package application is a web application with sessions, for a process of its own that can be
// killed at any moment. It uses gormsession by its public face alone.
package application

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/mattn/go-sqlite3"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
)

// Settings are what the process is told, in JSON.
type Settings struct {
	Kind, DSN      string
	Prepared, Bare bool          // gorm.Config's PrepareStmt and SkipDefaultTransaction
	Conns          int           // of the pool
	Timeout        time.Duration // of a load and of a save
	Lifetime       time.Duration // of a session
	Skew           time.Duration // of this process's clock
	Pages          int           // that a file of SQLite's may have; 0: any number
}

// Listening begins the line on standard output that ends with the address.
const Listening = "listening on "

// Run serves until standard input ends, as it does with the parent.
func Run(settings string) error {
	var s Settings
	if err := json.Unmarshal([]byte(settings), &s); err != nil {
		return err
	}
	gin.SetMode(gin.ReleaseMode)
	_ = mysqldriver.SetLogger(&mysqldriver.NopLogger{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	a := &application{settings: s, opened: make(chan struct{})}
	go a.serve(listener)
	fmt.Println(Listening + listener.Addr().String())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// An application answers from its first moment, with 503 until there is a database.
type application struct {
	settings Settings
	db       *gorm.DB
	plugin   *gormsession.Plugin
	held     held
	opened   chan struct{} // closed once there is
	pages    http.Handler  // from then on
}

func (a *application) serve(l net.Listener) {
	go func() {
		for said := ""; ; time.Sleep(20 * time.Millisecond) {
			err := a.open()
			if err == nil {
				a.pages = a.engine()
				close(a.opened)
				return
			}
			if said != err.Error() {
				said = err.Error()
				fmt.Fprintln(os.Stderr, said)
			}
		}
	}()
	_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ready" {
			select {
			case <-a.opened:
			case <-r.Context().Done():
			}
			return
		}
		select {
		case <-a.opened:
			a.pages.ServeHTTP(w, r)
		default:
			answer(w, http.StatusServiceUnavailable, Unavailable)
		}
	}))
}

// open opens the database and its sessions, or neither.
func (a *application) open() (err error) {
	s := a.settings
	dialector := map[string]func(string) gorm.Dialector{
		"sqlite": s.sqlite, "postgres": postgres.Open, "mariadb": mysql.Open,
	}[s.Kind](s.DSN)
	a.db, err = gorm.Open(dialector, &gorm.Config{
		PrepareStmt: s.Prepared, SkipDefaultTransaction: s.Bare, Logger: logger.Discard,
	})
	if a.db == nil || a.db.ConnPool == nil {
		return err
	}
	pool, poolErr := a.db.DB()
	if poolErr != nil {
		return errors.Join(err, poolErr)
	}
	pool.SetMaxOpenConns(s.Conns)
	pool.SetMaxIdleConns(s.Conns)
	if err == nil {
		a.plugin, err = gormsession.New(a.db, s.options()...)
	}
	if err != nil {
		pool.Close()
	}
	return err
}

// sqlite is a dialector whose connections keep to the number of pages.
func (s Settings) sqlite(dsn string) gorm.Dialector {
	if s.Pages == 0 {
		return sqlite.Open(dsn)
	}
	bound := &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		_, err := c.Exec(fmt.Sprint("PRAGMA max_page_count = ", s.Pages), nil)
		return err
	}}
	once.Do(func() { sql.Register("bounded", bound) })
	return sqlite.New(sqlite.Config{DriverName: "bounded", DSN: dsn})
}

var once sync.Once

func (s Settings) options() []gormsession.Option {
	options := []gormsession.Option{
		gormsession.WithTimeout(s.Timeout),
		gormsession.WithCleanup(0),
		gormsession.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))),
		gormsession.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) bool {
			answer(w, statusOf(err), OutcomeOf(err))
			return true
		}),
		gormsession.WithClock(func() time.Time { return time.Now().Add(s.Skew) }),
	}
	if s.Lifetime > 0 {
		options = append(options, gormsession.WithLifetime(s.Lifetime))
	}
	return options
}

// An Outcome is what a response says of what was asked for.
type Outcome string

const (
	Done        Outcome = "done"
	Gone        Outcome = "gone"        // there is no such session, or it went meanwhile
	Unavailable Outcome = "unavailable" // and nothing was done
	Unknown     Outcome = "unknown"
	Wrong       Outcome = "wrong" // what must not be, whatever happens
)

// OutcomeField is the field of a response's header that has the Outcome.
const OutcomeField = "X-Outcome"

// OutcomeOf is that of a session that could not be loaded or saved.
func OutcomeOf(err error) Outcome {
	switch {
	case errors.Is(err, gormsession.ErrOutcomeUnknown),
		strings.Contains(err.Error(), "the connection was lost before"):
		return Unknown
	case errors.Is(err, gormsession.ErrInterrupted):
		return Gone
	case errors.Is(err, gormsession.ErrUnavailable):
		return Unavailable
	}
	return Wrong
}

func statusOf(err error) int {
	switch OutcomeOf(err) {
	case Gone:
		return http.StatusBadRequest
	case Unavailable, Unknown:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func answer(w http.ResponseWriter, status int, outcome Outcome) {
	w.Header().Set(OutcomeField, string(outcome))
	http.Error(w, string(outcome), status)
}
