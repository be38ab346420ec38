package dbtest

import (
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"strconv"
	"syscall"

	mysqldriver "github.com/go-sql-driver/mysql"
)

type mariadbEngine struct{ mariadbd, installDB string }

func findMariaDB() (engine, error) {
	dirs := programDirs(mariadbDirs)
	server, ok := findProgram(dirs, "mariadbd", "mysqld")
	// MySQL's mysqld comes without the other program: it initializes itself.
	install, ok2 := findProgram(dirs, "mariadb-install-db")
	if !ok || !ok2 {
		return nil, fmt.Errorf(
			"%w: MariaDB's programs (mariadbd, mariadb-install-db) were not found; run `make setup`, "+
				"or set TEST_MYSQL_DSN",
			errNoServer,
		)
	}
	return mariadbEngine{server, install}, nil
}

func (mariadbEngine) account() string { return "mysql" }

// The server reads the file at each start, before it takes connections.
func (mariadbEngine) secretFile(s *Server) (path, content string) {
	return filepath.Join(s.dir, "init.sql"),
		"CREATE USER IF NOT EXISTS dbtest@'127.0.0.1' IDENTIFIED BY '" + s.password + "';\n" +
			"GRANT ALL ON *.* TO dbtest@'127.0.0.1' WITH GRANT OPTION;\n"
}

func (e mariadbEngine) initCommand(s *Server) []string {
	return []string{
		e.installDB,
		"--no-defaults",
		"--datadir=" + filepath.Join(s.dir, "data"),
		"--tmpdir=" + s.dir,
		// No account that gets in without a password, but through the private socket.
		"--auth-root-authentication-method=socket",
		"--skip-test-db",
		"--innodb-log-file-size=16M",
		"--loose-debug-no-sync",
	}
}

func (e mariadbEngine) serverCommand(s *Server) []string {
	initFile, _ := e.secretFile(s)
	return []string{e.mariadbd, "--no-defaults",
		"--datadir=" + filepath.Join(s.dir, "data"),
		"--tmpdir=" + s.dir,
		"--socket=" + filepath.Join(s.dir, "socket"),
		"--pid-file=" + filepath.Join(s.dir, "pid"),
		"--init-file=" + initFile,
		"--bind-address=127.0.0.1",
		"--port=" + strconv.Itoa(s.port),
		"--skip-name-resolve",
		"--character-set-server=utf8mb4",
		"--max-connections=300",
		"--innodb-buffer-pool-size=32M",
		"--innodb-log-file-size=16M",
		// 2 hands a commit to the operating system, 0 would keep it for a second.
		"--innodb-flush-log-at-trx-commit=2",
		"--loose-innodb-flush-method=nosync",
		"--loose-debug-no-sync",
		"--skip-sync-frm",
	}
}

func (mariadbEngine) dsn(s *Server) string {
	return fmt.Sprintf(
		"dbtest:%s@tcp(127.0.0.1:%d)/?charset=utf8mb4&parseTime=True&loc=Local", s.password, s.port,
	)
}

func (mariadbEngine) crashSignal() syscall.Signal { return syscall.SIGKILL }

// quietConnector is connector without the MySQL driver's log of each failed
// connection, which is what waiting for a server consists of.
func quietConnector(k Kind, dsn string) (driver.Connector, error) {
	if k != MariaDB {
		return connector(k, dsn)
	}
	c, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	c.Logger = &mysqldriver.NopLogger{}
	return mysqldriver.NewConnector(c)
}
