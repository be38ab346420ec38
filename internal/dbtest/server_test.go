package dbtest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

var serverKinds = []Kind{Postgres, MariaDB}

// eachServer runs f per server that is of its own, with an open pool on it.
func eachServer(t *testing.T, f func(t *testing.T, s *Server, db *gorm.DB)) {
	for _, k := range serverKinds {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			s := StartServer(t, k)
			db := s.DB(t).Open(t)
			if err := db.AutoMigrate(&note{}); err != nil {
				t.Fatal(err)
			}
			f(t, s, db)
		})
	}
}

// reconnected returns the first answer on a fresh connection. What is left in the
// pool of connections to the stopped server may fail once each.
func reconnected(t *testing.T, db *gorm.DB) error {
	t.Helper()
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	for range maxConns {
		if err = pool.Ping(); err == nil {
			return nil
		}
	}
	return err
}

func TestServerStopsLikeACrashAndStartsAgain(t *testing.T) {
	endsLikeACrash(t, (*Server).Stop)
}

// A kill is one too, of which the server's processes know nothing.
func TestServerIsKilledAndStartsAgain(t *testing.T) {
	endsLikeACrash(t, (*Server).Kill)
}

func endsLikeACrash(t *testing.T, end func(*Server)) {
	eachServer(t, func(t *testing.T, s *Server, db *gorm.DB) {
		open := db.Begin()
		if err := insert(open, 1); err != nil {
			t.Fatal(err)
		}
		if err := insert(db, 2); err != nil {
			t.Fatal(err)
		}
		end(s)
		if err := insert(db, 3); err == nil {
			t.Error("a stopped server took a statement")
		}
		if err := open.Commit().Error; err == nil {
			t.Error("a stopped server committed")
		}
		end(s) // Once more is no error.
		s.Start()
		if err := reconnected(t, db); err != nil {
			t.Fatalf("after the start: %v", err)
		}
		wantStored(t, db, 2) // What was committed, and nothing else.
	})
}

func TestServerPausesAndResumes(t *testing.T) {
	eachServer(t, func(t *testing.T, s *Server, db *gorm.DB) {
		s.Pause()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := insert(db.WithContext(ctx), 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a paused server answered: %v", err)
		}
		s.Resume()
		if err := reconnected(t, db); err != nil {
			t.Fatalf("after the pause: %v", err)
		}
		if err := insert(db, 2); err != nil {
			t.Error(err)
		}
		// A pause is no obstacle to an end.
		s.Pause()
		s.Stop()
		s.Start()
		if err := reconnected(t, db); err != nil {
			t.Fatalf("after a stop in a pause: %v", err)
		}
	})
}

// recorder is a test that takes errors down instead of failing.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, format)
}

func TestServerReportsMisuse(t *testing.T) {
	eachServer(t, func(t *testing.T, s *Server, db *gorm.DB) {
		r := &recorder{TB: t}
		s.tb = r
		s.Start()
		s.Stop()
		s.Pause()
		s.Resume()
		s.tb = t
		if len(r.errors) != 3 {
			t.Errorf("reported %q, want a start of a running server, a pause and a resumption of a"+
				" stopped one", r.errors)
		}
	})
}

// TestServerOfTheEnvironment gives New a server that it did not start.
func TestServerOfTheEnvironment(t *testing.T) {
	for _, k := range serverKinds {
		t.Run(string(k), func(t *testing.T) {
			s := StartServer(t, k)
			t.Setenv(dsnVariable(k), s.dsn())
			useServerOfTheEnvironment(t, s)
		})
	}
	t.Run("postgres URL", func(t *testing.T) {
		s := StartServer(t, Postgres)
		c, err := pgx.ParseConfig(s.dsn())
		if err != nil {
			t.Fatal(err)
		}
		account, address := "postgres:"+c.Password, c.Host+":"+strconv.Itoa(s.port)
		t.Setenv("TEST_POSTGRES_DSN", "postgres://"+account+"@"+address+"/postgres?sslmode=disable")
		useServerOfTheEnvironment(t, s)
	})
}

func useServerOfTheEnvironment(t *testing.T, s *Server) {
	var dsn string
	t.Run("use", func(t *testing.T) {
		d := New(t, s.kind)
		dsn = d.DSN()
		db := d.Open(t)
		if err := db.AutoMigrate(&note{}); err != nil {
			t.Fatal(err)
		}
		// A transaction that a test forgot does not hold the drop up. Another pool
		// has it, which the end of the test does not close first.
		other, err := OpenDSN(s.kind, dsn)
		if err != nil {
			t.Fatal(err)
		}
		if err := insert(other.Begin(), 1); err != nil {
			t.Fatal(err)
		}
	})
	if !strings.Contains(dsn, strconv.Itoa(s.port)) {
		t.Fatal("the database is not in the server of the environment")
	}
	if _, err := OpenDSN(s.kind, dsn); err == nil || !strings.Contains(err.Error(), "dbtest_") {
		t.Errorf("after the test its database answers %v, want that there is none", err)
	}
}

func TestLoggerIsSilentUnlessGiven(t *testing.T) {
	d := New(t, SQLite)
	if got := d.Open(t, &gorm.Config{PrepareStmt: true}).Logger; got != logger.Discard {
		t.Errorf("the logger is %T", got)
	}
	if got := d.Open(t, &gorm.Config{Logger: logger.Default}).Logger; got != logger.Default {
		t.Errorf("a logger that was given is replaced by %T", got)
	}
}

func TestSQLiteTakesWritersInTurn(t *testing.T) {
	db := New(t, SQLite).Open(t)
	var mode string
	if err := db.Raw("PRAGMA journal_mode").Scan(&mode).Error; err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
	var timeout int
	if err := db.Raw("PRAGMA busy_timeout").Scan(&timeout).Error; err != nil || timeout != 5000 {
		t.Errorf("busy timeout %d, %v", timeout, err)
	}
}
