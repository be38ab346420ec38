package database

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// startTimeout is how long a server may take until it answers.
const startTimeout = time.Minute

// An engine says how the server of a kind is run, in a directory that is its own.
type engine struct {
	account  string   // that it runs as when we are root, which servers refuse to
	init     []string // makes the data directory, if it needs one
	serve    []string // runs the server in the foreground
	settings []string // as arguments of serve
	socket   string   // the file through which it is reached
	admin    string   // the data source name of the administration
	named    func(database string) string
	stop     os.Signal // ends it in order
	version  string    // the statement that tells its version
}

// server is a running server, reached through a socket in its directory.
type server struct {
	kind   Kind
	engine engine
	cmd    *exec.Cmd
	ended  chan error
	admin  *DB
}

func start(k Kind, dir string, find func(dir, user string) (engine, error)) (*server, error) {
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	e, err := find(dir, me.Username)
	if err != nil {
		return nil, err
	}
	as := func(argv []string) *exec.Cmd { return exec.Command(argv[0], argv[1:]...) }
	if me.Uid == "0" {
		if err := own(dir, e.account); err != nil {
			return nil, err
		}
		as = func(argv []string) *exec.Cmd {
			// It becomes the program, so that signals reach the server.
			return exec.Command("setpriv", append([]string{
				"--reuid=" + e.account, "--regid=" + e.account, "--clear-groups", "--"}, argv...)...)
		}
	}
	if len(e.init) > 0 {
		if out, err := in(dir, as(e.init)).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", e.init[0], err, out)
		}
	}
	s := &server{kind: k, engine: e, ended: make(chan error, 1)}
	s.cmd = in(dir, as(append(e.serve, e.settings...)))
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { s.ended <- s.cmd.Wait() }()
	if err := s.ready(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w; see %s", k, err, log.Name()), s.Close())
	}
	return s, nil
}

func in(dir string, cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = dir
	return cmd
}

func own(dir, account string) error {
	if out, err := exec.Command("chown", account, dir).CombinedOutput(); err != nil {
		return fmt.Errorf("chown: %w: %s", err, out)
	}
	return nil
}

// ready waits until the server answers.
func (s *server) ready() (err error) {
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("it ended: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
		if _, err = os.Stat(s.engine.socket); err != nil {
			continue
		}
		if s.admin, err = Open(s.kind, s.engine.admin, nil); err == nil {
			return nil
		}
	}
	return err
}

func (s *server) Create(name string) (string, error) {
	return s.engine.named(name), s.admin.Exec("CREATE DATABASE " + name)
}

func (s *server) Drop(name string) error { return s.admin.Exec("DROP DATABASE IF EXISTS " + name) }

func (s *server) Version() (string, error) { return version(s.admin.Pool, s.engine.version) }

func (s *server) Settings() []string {
	var out []string
	for _, arg := range s.engine.settings {
		if arg != "-c" {
			out = append(out, strings.TrimPrefix(arg, "--"))
		}
	}
	return out
}

func (s *server) Close() error {
	var err error
	if s.admin != nil {
		err = s.admin.Close()
	}
	if err := s.cmd.Process.Signal(s.engine.stop); err != nil {
		return err // It has ended by itself.
	}
	<-s.ended // The code of a server that was told to stop says nothing.
	return err
}

// ErrNotInstalled says that there is no server program. In the project, make setup installs them.
var ErrNotInstalled = errors.New("it is not installed")

// find returns the path of a program, which is on PATH or in a directory that matches a pattern.
func find(pattern, name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return filepath.EvalSymlinks(path) // The server finds its files from there.
	}
	dirs, _ := filepath.Glob(pattern) // Only a malformed pattern is an error.
	for _, dir := range slices.Backward(dirs) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, ErrNotInstalled)
}
