package database

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Redis is what sessions are kept in elsewhere. It is none of [Kinds], as it knows no SQL: a [DB]
// of it has a client in place of a pool.
const Redis Kind = "redis"

// redisServer keeps nothing on the disk, which is how Redis is quickest.
func redisServer(dir, _ string) (engine, error) {
	// The program is a link to another one, and goes by the name that it is called by.
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return engine{}, fmt.Errorf("redis-server: %w", ErrNotInstalled)
	}
	socket := filepath.Join(dir, "socket")
	return engine{
		account:  "redis",
		serve:    []string{program, "--port", "0", "--unixsocket", socket, "--dir", dir},
		settings: []string{`--save ""`, "--appendonly no"},
		socket:   socket,
		admin:    "unix://" + socket,
		named:    func(database string) string { return "unix://" + socket + "?db=" + database },
		stop:     syscall.SIGTERM,
	}, nil
}

// redisPlace is a server whose databases have numbers: 0 to 15.
type redisPlace struct {
	*server
	names []string // of the databases, by their numbers
}

func (p *redisPlace) Create(name string) (string, error) {
	p.names = append(p.names, name)
	return p.dsn(len(p.names) - 1), nil
}

func (p *redisPlace) dsn(number int) string { return p.engine.named(fmt.Sprint(number)) }

func (p *redisPlace) Drop(name string) (err error) {
	for i, one := range p.names {
		if one == name {
			db, opening := Open(Redis, p.dsn(i), nil)
			if opening != nil {
				return opening
			}
			err = errors.Join(err, db.Redis.FlushDB(context.Background()).Err(), db.Close())
		}
	}
	return err
}

func (p *redisPlace) Version() (string, error) {
	info := p.admin.Redis.InfoMap(context.Background(), "server")
	return info.Item("Server", "redis_version"), info.Err()
}
