package dbtest

import (
	"fmt"
	"syscall"
)

// Servers are started on Unix only; elsewhere TEST_POSTGRES_DSN and TEST_MYSQL_DSN
// name some that run already.

const (
	stopSignal     = syscall.SIGTERM
	continueSignal = syscall.SIGTERM
)

type account struct{}

func unprivileged(string) (*account, error) { return nil, nil }

func (*account) own(string) error { return nil }

func makeDir(*account) (string, func(), error) {
	return "", nil, fmt.Errorf(
		"%w: dbtest starts none on this system; set TEST_POSTGRES_DSN or TEST_MYSQL_DSN", errNoServer,
	)
}

func processAttributes(*account, syscall.Signal) *syscall.SysProcAttr { return nil }

func processTable() map[int]processEntry { return nil }
