package dbtest

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// StartPrimary starts a server that others can follow, with more arguments of its program.
func StartPrimary(tb testing.TB, k Kind, settings ...string) *Server {
	tb.Helper()
	e, err := findEngine(k)
	if err != nil {
		unavailable(tb, err)
	}
	return startOwn(tb, &Server{
		kind: k, password: rand.Text(),
		engine: &settled{e, slices.Concat(primarySettings[k], settings)},
	})
}

// settled is an engine whose server has settings of its own. They may change while it is stopped.
type settled struct {
	engine
	settings []string
}

func (e *settled) serverCommand(s *Server) []string {
	return append(e.engine.serverCommand(s), e.settings...)
}

var primarySettings = map[Kind][]string{
	Postgres: {"-c", "wal_keep_size=64MB"},
	MariaDB:  {"--log-bin", "--binlog-format=ROW", "--server-id=1"},
}

// Follow starts a server that gets what this one commits, so much later: a streaming
// standby of PostgreSQL, or a replica of MariaDB. StartPrimary has started this one.
func (s *Server) Follow(tb testing.TB, delay time.Duration) *Server {
	tb.Helper()
	f := &Server{kind: s.kind, engine: s.engine, password: s.password}
	switch e := s.engine.(*settled).engine.(type) {
	case postgresEngine:
		f.engine = &settled{standbyEngine{e, s.dsn()}, []string{
			"-c", fmt.Sprintf("recovery_min_apply_delay=%dms", delay.Milliseconds()),
		}}
	case mariadbEngine:
		f.engine = &settled{e, []string{"--log-bin", "--binlog-format=ROW", "--server-id=2"}}
	}
	startOwn(tb, f)
	if s.kind == MariaDB {
		f.Execute(fmt.Sprintf("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, "+
			"MASTER_USER='dbtest', MASTER_PASSWORD='%s', MASTER_USE_GTID=slave_pos, "+
			"MASTER_DELAY=%d", s.port, s.password, int(delay.Seconds())))
		f.Execute("START SLAVE")
	}
	return f
}

// Execute runs a statement as the server's administrator.
func (s *Server) Execute(statement string) {
	s.tb.Helper()
	s.must(execute(s.kind, s.dsn(), statement))
}

// Port is the port of the loopback interface that the server listens on.
func (s *Server) Port() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.port
}

// Holds returns a database of another server as this one has it.
func (s *Server) Holds(tb testing.TB, d *DB) *DB {
	tb.Helper()
	name, err := databaseOf(d.kind, d.dsn)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	dsn, err := withDatabase(s.kind, s.dsn(), name)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	return &DB{s.kind, dsn}
}

// CatchUp waits until a replica of MariaDB has what its primary has.
func (s *Server) CatchUp(tb testing.TB, primary *Server) {
	tb.Helper()
	at, err := askText(MariaDB, primary.dsn(), "SELECT @@gtid_binlog_pos")
	if err == nil {
		_, err = askText(MariaDB, s.dsn(), "SELECT MASTER_GTID_WAIT('"+at+"', 30)")
	}
	s.must(err)
}

// At returns a database of MariaDB by another address.
func (d *DB) At(tb testing.TB, address string) *DB {
	tb.Helper()
	c, err := mysqldriver.ParseDSN(d.dsn)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	c.Addr = address
	return &DB{d.kind, c.FormatDSN()}
}

// standbyEngine makes its data directory out of its primary's.
type standbyEngine struct {
	postgresEngine
	primary string // its data source name
}

func (e standbyEngine) initCommand(s *Server) []string {
	return []string{
		filepath.Join(filepath.Dir(e.initdb), "pg_basebackup"), "--dbname", e.primary,
		"--pgdata", filepath.Join(s.dir, "data"),
		"--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync",
	}
}
