package dbtest

import (
	"fmt"
	"path/filepath"
	"strconv"
	"syscall"
)

type postgresEngine struct{ postgres, initdb string }

func findPostgres() (engine, error) {
	for _, dir := range programDirs(postgresDirs) {
		server, ok := findProgram([]string{dir}, "postgres")
		if !ok {
			continue
		}
		// What is on the PATH may be a link to the server alone.
		if real, err := filepath.EvalSymlinks(server); err == nil {
			server = real
		}
		if initdb, ok := findProgram([]string{filepath.Dir(server)}, "initdb"); ok {
			return postgresEngine{server, initdb}, nil
		}
	}
	return nil, fmt.Errorf(
		"%w: PostgreSQL's programs (postgres, initdb) were not found; run `make setup`, or set "+
			"TEST_POSTGRES_DSN",
		errNoServer,
	)
}

func (postgresEngine) account() string { return "postgres" }

func (postgresEngine) secretFile(s *Server) (path, content string) {
	return filepath.Join(s.dir, "password"), s.password + "\n"
}

func (e postgresEngine) initCommand(s *Server) []string {
	password, _ := e.secretFile(s)
	return []string{
		e.initdb,
		"--pgdata",
		filepath.Join(s.dir, "data"),
		"--no-sync",
		"--encoding=UTF8",
		"--no-locale",
		"--username=postgres",
		"--pwfile",
		password,
		// Hashing a password for SCRAM takes a client more time than most tests need.
		"--auth=md5",
	}
}

func (e postgresEngine) serverCommand(s *Server) []string {
	argv := []string{e.postgres, "-D", filepath.Join(s.dir, "data"), "-p", strconv.Itoa(s.port)}
	for _, setting := range []string{
		"listen_addresses=127.0.0.1",
		"unix_socket_directories=",
		"max_connections=300",
		"shared_buffers=32MB",
		"fsync=off",
		"min_wal_size=32MB",
		"max_wal_size=128MB",
	} {
		argv = append(argv, "-c", setting)
	}
	return argv
}

func (postgresEngine) dsn(s *Server) string {
	return fmt.Sprintf(
		"host=127.0.0.1 port=%d user=postgres password=%s sslmode=disable dbname=postgres",
		s.port,
		s.password,
	)
}

// An immediate shutdown, which PostgreSQL recovers from as from a crash. A killed
// postmaster would leave its children to notice that by themselves.
func (postgresEngine) crashSignal() syscall.Signal { return syscall.SIGQUIT }
