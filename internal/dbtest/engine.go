package dbtest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// errNoServer says that there is no server, and none that could be started.
var errNoServer = errors.New("no server")

// engine is what differs between the servers.
type engine interface {
	// account names the account that the server runs as when we are root.
	account() string
	// secretFile is the file that tells the server our password.
	secretFile(s *Server) (path, content string)
	// initCommand makes the data directory.
	initCommand(s *Server) []string
	// serverCommand runs the server in the foreground, on s.port. It is tuned to
	// write nothing through to the disk, but each commit through to the operating
	// system: what was committed outlives the server, if not the machine.
	serverCommand(s *Server) []string
	// dsn names the database that administration uses.
	dsn(s *Server) string
	// crashSignal ends the server at once and with all its processes.
	crashSignal() syscall.Signal
}

func findEngine(k Kind) (engine, error) {
	switch k {
	case Postgres:
		return findPostgres()
	case MariaDB:
		return findMariaDB()
	}
	return nil, fmt.Errorf("%s has no server", k)
}

// Debian keeps PostgreSQL's programs apart by version, and servers out of the PATH
// of ordinary accounts.
var (
	postgresDirs = []string{"/usr/lib/postgresql/*/bin"}
	mariadbDirs  = []string{"/usr/sbin", "/usr/local/sbin"}
)

// programDirs lists where programs are looked for: PATH, then the directories that
// match the patterns, newest version first.
func programDirs(patterns []string) []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	for _, p := range patterns {
		found, _ := filepath.Glob(p) // Only a malformed pattern is an error.
		slices.SortFunc(found, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
		dirs = append(dirs, found...)
	}
	return dirs
}

// version returns the number in a path like /usr/lib/postgresql/15/bin.
func version(path string) float64 {
	for part := range strings.SplitSeq(path, "/") {
		if v, err := strconv.ParseFloat(part, 64); err == nil {
			return v
		}
	}
	return 0
}

// findProgram returns the path of the first program of one of the names.
func findProgram(dirs []string, names ...string) (path string, ok bool) {
	for _, dir := range dirs {
		for _, name := range names {
			// LookPath takes a path with a slash as it is, and checks that it can be run.
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, true
			}
		}
	}
	return "", false
}

// freePort returns a port of the loopback interface that nobody listens on. It lies
// below those that systems give to outgoing connections: one of these could take it
// while the server is stopped, even one that tries to reach the server.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := 20000 + rand.IntN(12000)
		var l net.Listener
		if l, err = net.Listen(
			"tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("no free port: %w", err)
}

// sharedServer is the one server of its kind that all tests of the process share.
type sharedServer struct {
	mu     sync.Mutex
	server *Server
	err    error
}

var shared = map[Kind]*sharedServer{Postgres: {}, MariaDB: {}}

// serverDSN returns the data source name to make databases with: what the
// environment names, or the shared server, which it starts.
func serverDSN(k Kind) (string, error) {
	sh := shared[k]
	if sh == nil {
		return "", fmt.Errorf("unknown kind %q", k)
	}
	if dsn := os.Getenv(dsnVariable(k)); dsn != "" {
		return dsn, nil
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.server == nil && sh.err == nil {
		sh.server, sh.err = newServer(k)
	}
	if sh.err != nil {
		return "", sh.err
	}
	return sh.server.dsn(), nil
}

func dsnVariable(k Kind) string {
	if k == MariaDB {
		return "TEST_MYSQL_DSN"
	}
	return "TEST_POSTGRES_DSN"
}

// stopShared stops the shared servers and removes their files.
func stopShared() {
	for k, sh := range shared {
		sh.mu.Lock()
		if sh.server != nil {
			if err := sh.server.remove(); err != nil {
				fmt.Fprintf(os.Stderr, "dbtest: stop the %s server: %v\n", k, err)
			}
			sh.server = nil
		}
		sh.mu.Unlock()
	}
}
