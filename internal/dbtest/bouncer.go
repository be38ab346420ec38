package dbtest

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// StartBouncer starts PgBouncer in front of a PostgreSQL server, with few connections to it, and
// returns what gives a database by way of it. Lines are those of its [pgbouncer] section, such as
// pool_mode = transaction. Where there is no PgBouncer the test is skipped, or fails, as in [New].
func StartBouncer(tb testing.TB, s *Server, lines ...string) (by func(d *DB) *DB) {
	tb.Helper()
	program, ok := findProgram(programDirs([]string{"/usr/sbin"}), "pgbouncer")
	if !ok {
		unavailable(tb, fmt.Errorf("%w: PgBouncer was not found", errNoServer))
	}
	b := &Server{kind: Postgres, password: s.password, engine: bouncerEngine{
		program: program, behind: s.Port(), lines: lines,
	}}
	startOwn(tb, b)
	return func(d *DB) *DB { return b.Holds(tb, d) }
}

// bouncerEngine is PgBouncer, which speaks for a server.
type bouncerEngine struct {
	postgresEngine
	program string
	behind  int
	lines   []string
}

func (e bouncerEngine) secretFile(s *Server) (path, content string) {
	return filepath.Join(s.dir, "users"), fmt.Sprintf("%q %q\n", "postgres", s.password)
}

// initCommand does nothing: there are no data.
func (e bouncerEngine) initCommand(*Server) []string { return []string{e.program, "--version"} }

func (e bouncerEngine) serverCommand(s *Server) []string {
	users, _ := e.secretFile(s)
	path := filepath.Join(s.dir, "ini")
	content := "[databases]\n* = host=127.0.0.1 port=" + strconv.Itoa(e.behind) + "\n[pgbouncer]\n" +
		"listen_addr = 127.0.0.1\nlisten_port = " + strconv.Itoa(s.port) + "\nunix_socket_dir =\n" +
		"auth_type = md5\nauth_file = " + users + "\ndefault_pool_size = 4\n" +
		"max_client_conn = 500\n" + strings.Join(e.lines, "\n") + "\n"
	_ = os.WriteFile(path, []byte(content), 0o644) // The program says where it is missing.
	return []string{e.program, path}
}

func (bouncerEngine) crashSignal() syscall.Signal { return syscall.SIGKILL }

// With returns the database with more settings in its data source name: those of a URL's query, or
// name=value.
func (d *DB) With(settings ...string) *DB {
	dsn := d.dsn
	for _, setting := range settings {
		switch {
		case d.kind == Postgres && !strings.Contains(dsn, "://"):
			dsn += " " + setting // The last one counts.
		case strings.Contains(dsn, "?"):
			dsn += "&" + escaped(setting)
		default:
			dsn += "?" + escaped(setting)
		}
	}
	return &DB{d.kind, dsn}
}

func escaped(setting string) string {
	name, value, _ := strings.Cut(setting, "=")
	return name + "=" + url.QueryEscape(value)
}
