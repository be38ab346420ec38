package database

import (
	"path/filepath"
	"syscall"
)

// mariadbServer keeps the durability that MariaDB comes with. It has room for a pool of each
// contender and for the largest table.
func mariadbServer(dir, user string) (engine, error) {
	server, err := find("/usr/sbin", "mariadbd")
	if err != nil {
		return engine{}, err
	}
	install, err := find("/usr/bin", "mariadb-install-db")
	if err != nil {
		return engine{}, err
	}
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "socket")
	named := func(database string) string {
		return user + "@unix(" + socket + ")/" + database + "?charset=utf8mb4&parseTime=True"
	}
	return engine{
		account: "mysql",
		init: []string{install, "--no-defaults", "--datadir=" + data, "--skip-test-db",
			"--auth-root-authentication-method=socket", "--auth-root-socket-user=" + user},
		serve: []string{server, "--no-defaults", "--datadir=" + data, "--socket=" + socket,
			"--pid-file=" + filepath.Join(dir, "pid"), "--skip-networking"},
		settings: []string{"--max-connections=1000", "--innodb-buffer-pool-size=1G",
			"--innodb-log-file-size=2G", "--character-set-server=utf8mb4"},
		socket:  socket,
		admin:   named(""),
		named:   named,
		stop:    syscall.SIGTERM,
		version: "SELECT version()",
	}, nil
}
