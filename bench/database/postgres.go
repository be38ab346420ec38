package database

import (
	"path/filepath"
	"syscall"
)

// postgresServer keeps the durability that PostgreSQL comes with. It has room for a pool of each
// contender, and does not write a checkpoint in the middle of what is measured.
func postgresServer(dir, user string) (engine, error) {
	initdb, err := find("/usr/lib/postgresql/*/bin", "initdb")
	if err != nil {
		return engine{}, err
	}
	data := filepath.Join(dir, "data")
	named := func(database string) string {
		return "host=" + dir + " port=5432 user=" + user + " dbname=" + database + " sslmode=disable"
	}
	return engine{
		account: "postgres",
		init: []string{initdb, "--pgdata", data, "--auth=peer", "--username=" + user,
			"--encoding=UTF8", "--no-locale"},
		serve: []string{filepath.Join(filepath.Dir(initdb), "postgres"), "-D", data, "-p", "5432",
			"-k", dir, "-c", "listen_addresses="},
		settings: []string{"-c", "max_connections=1000", "-c", "shared_buffers=1GB",
			"-c", "max_wal_size=8GB"},
		socket:  filepath.Join(dir, ".s.PGSQL.5432"),
		admin:   named("postgres"),
		named:   named,
		stop:    syscall.SIGINT,
		version: "SHOW server_version",
	}, nil
}
