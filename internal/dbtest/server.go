package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	startTimeout = time.Minute
	pollInterval = 20 * time.Millisecond
)

// Server is a database server of its own, which a test may stop, pause and start
// again. Its address stays the same. It is for PostgreSQL and MariaDB.
type Server struct {
	tb       testing.TB // nil for the shared servers, which no test may stop
	kind     Kind
	engine   engine
	account  *account
	dir      string
	unlock   func()
	password string

	mu   sync.Mutex // guards what follows
	port int        // 0 until the first start
	proc *process   // nil while stopped
}

// StartServer starts a server that ends with the test. It skips or fails the test
// as [New] does; TEST_POSTGRES_DSN and TEST_MYSQL_DSN are of no use to it.
func StartServer(tb testing.TB, k Kind) *Server {
	tb.Helper()
	among(tb, k)
	e, err := findEngine(k)
	if err != nil {
		unavailable(tb, err)
	}
	return startOwn(tb, &Server{kind: k, engine: e, password: rand.Text()})
}

// startOwn runs a server until the end of the test.
func startOwn(tb testing.TB, s *Server) *Server {
	tb.Helper()
	if err := s.run(); err != nil {
		unavailable(tb, err)
	}
	s.tb = tb
	tb.Cleanup(func() {
		if err := s.remove(); err != nil {
			tb.Errorf("dbtest: %v", err)
		}
	})
	return s
}

// DB returns a new empty database in the server, which must be running.
func (s *Server) DB(tb testing.TB) *DB {
	tb.Helper()
	d, _ := create(tb, s.kind, s.dsn()) // It goes with the server.
	return d
}

// Stop ends the server at once, as a crash does: no connection is closed in an
// orderly way, and what was committed is kept. It returns when the server is gone.
func (s *Server) Stop() { s.must(s.stop()) }

// Kill ends each process of the server by SIGKILL, as a machine that runs out of memory may: none
// has time to end anything, nor to notice that another has gone. It returns when they are gone.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != nil {
		s.must(s.proc.pause()) // so that it starts no more of them meanwhile
		s.proc.kill()
		s.proc = nil
	}
}

// Start starts a stopped server again, on the same address and with the same
// databases. It returns when the server takes connections.
func (s *Server) Start() { s.must(s.start()) }

// Pause stops every process of the server where it is, so that connections stay
// open and nothing is answered, until [Server.Resume] or [Server.Stop].
func (s *Server) Pause() {
	s.must(s.signal((*process).pause))
}

// Resume ends a [Server.Pause].
func (s *Server) Resume() { s.must(s.signal((*process).resume)) }

// must reports an error without ending the goroutine, which may not be the test's.
func (s *Server) must(err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Errorf("dbtest: %s server: %v", s.kind, err)
	}
}

// newServer starts a server on a directory of its own.
func newServer(k Kind) (*Server, error) {
	e, err := findEngine(k)
	if err != nil {
		return nil, err
	}
	s := &Server{kind: k, engine: e, password: rand.Text()}
	if err := s.run(); err != nil {
		return nil, err
	}
	return s, nil
}

// run makes the server's directory, and starts it there.
func (s *Server) run() (err error) {
	if s.account, err = unprivileged(s.engine.account()); err != nil {
		return err
	}
	if s.dir, s.unlock, err = makeDir(s.account); err != nil {
		return err
	}
	if err = s.initialize(); err == nil {
		err = s.start()
	}
	if err != nil {
		return errors.Join(
			fmt.Errorf("start a %s server: %w%s", s.kind, err, s.logTail()), s.remove(),
		)
	}
	return nil
}

// initialize makes the data directory.
func (s *Server) initialize() error {
	path, content := s.engine.secretFile(s)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return err
	}
	if err := s.account.own(path); err != nil {
		return err
	}
	p, err := s.spawn(s.engine.initCommand(s))
	if err != nil {
		return err
	}
	return p.wait(startTimeout)
}

// start runs the server and waits until it answers. A port that somebody took
// between its choice and its use is no reason to give up, except for a server that
// has shown its address to a test already.
func (s *Server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != nil {
		return errors.New("it runs already")
	}
	first := s.port == 0
	for try := 0; ; try++ {
		if first {
			port, err := freePort()
			if err != nil {
				return err
			}
			s.port = port
		}
		err := s.startOnPort()
		if err == nil || !first || try == 4 {
			return err
		}
	}
}

func (s *Server) startOnPort() error {
	p, err := s.spawn(s.engine.serverCommand(s))
	if err != nil {
		return err
	}
	if err := s.ready(p); err != nil {
		p.kill()
		return err
	}
	s.proc = p
	return nil
}

// ready waits until the server lets us in. Its password tells it from a server of
// somebody else on the same port.
func (s *Server) ready(p *process) error {
	c, err := quietConnector(s.kind, s.engine.dsn(s))
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("it ended (%v); last answer: %w", p.err, err)
		case <-ctx.Done():
			return fmt.Errorf("not ready within %v: %w", startTimeout, err)
		case <-time.After(pollInterval):
		}
	}
}

func (s *Server) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return nil
	}
	s.proc.crash(s.engine.crashSignal())
	s.proc = nil
	return nil
}

func (s *Server) signal(f func(*process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return errors.New("it is stopped")
	}
	return f(s.proc)
}

// dsn returns the data source name of the database for administration.
func (s *Server) dsn() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.dsn(s)
}

// remove stops the server and removes its files.
func (s *Server) remove() error {
	err := errors.Join(s.stop(), os.RemoveAll(s.dir))
	s.unlock()
	return err
}

// spawn starts a program of the server under its account, with its output in the
// log file, and with an environment and a working directory that are its own.
func (s *Server) spawn(argv []string) (*process, error) {
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	return startProcess(argv, s.dir, log, s.account, s.engine.crashSignal())
}

func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

// logTail returns the end of the log, for the error of a failed start.
func (s *Server) logTail() string {
	f, err := os.Open(s.logFile())
	if err != nil {
		return ""
	}
	defer f.Close()
	const most = 2000
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd)
	}
	b, _ := io.ReadAll(f)
	return "\n" + string(b)
}
