//go:build unix

package dbtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	stopSignal     = syscall.SIGSTOP
	continueSignal = syscall.SIGCONT
)

// account is an account that a server can run as; nil is our own.
type account struct{ uid, gid int }

// unprivileged returns the account of that name, or nobody's, when we are root,
// as whom no server starts. Otherwise it returns nil.
func unprivileged(name string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, n := range []string{name, "nobody"} {
		u, err := user.Lookup(n)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		return &account{uid, gid}, errors.Join(err1, err2)
	}
	return nil, fmt.Errorf(
		"a server cannot run as root, and there is no account %s or nobody", name,
	)
}

// own gives a file to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

func processAttributes(a *account, deathSignal syscall.Signal) *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		attributes.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	dieWithParent(attributes, deathSignal)
	return attributes
}

const dirPrefix = "gormsession-dbtest-"

// makeDir makes a private directory for a server of the account. It is locked as
// long as this process lives, so that others can tell it from one left behind.
func makeDir(a *account) (dir string, unlock func(), err error) {
	base, err := reachableTemp(a)
	if err != nil {
		return "", nil, err
	}
	removeAbandoned(base)
	if dir, err = os.MkdirTemp(base, dirPrefix); err != nil {
		return "", nil, err
	}
	lock, err := lockDir(dir)
	if err == nil {
		if err = a.own(dir); err == nil {
			return dir, func() { lock.Close() }, nil
		}
		lock.Close()
	}
	return "", nil, errors.Join(err, os.Remove(dir))
}

// reachableTemp returns the first directory for temporary files that the account
// can reach: root's own may lie in its home. A file system in memory is preferred,
// unless TMPDIR says otherwise: a PostgreSQL database is 300 files, which take a
// disk ten times as long.
func reachableTemp(a *account) (string, error) {
	bases := []string{os.TempDir(), "/tmp", "/var/tmp"}
	if dir, ok := memoryDir(); ok && os.Getenv("TMPDIR") == "" {
		bases = slices.Insert(bases, 0, dir)
	}
	for _, base := range bases {
		base, err := filepath.EvalSymlinks(base)
		if err != nil {
			continue
		}
		if a == nil || everyoneMayPass(base) {
			return base, nil
		}
	}
	return "", errors.New("no directory for temporary files that a server could reach")
}

func everyoneMayPass(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}

func lockDir(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// removeAbandoned removes what test processes left that could not clear up, because
// they crashed or ran into their time limit. The minute is for a directory that is
// made but not locked yet.
func removeAbandoned(base string) {
	dirs, _ := filepath.Glob(filepath.Join(base, dirPrefix+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if lock, err := lockDir(dir); err == nil {
			_ = os.RemoveAll(dir) // It may be another account's.
			lock.Close()
		}
	}
}

// processTable lists all processes, from /proc or, where there is none, from ps.
func processTable() map[int]processEntry {
	table := map[int]processEntry{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // It has ended.
		}
		// pid (name) state parent ...; the name may hold spaces and parentheses.
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		_, rest, ok := strings.Cut(string(b[strings.LastIndexByte(string(b), ')')+1:]), " ")
		fields := strings.Fields(rest)
		if err == nil && ok && len(fields) > 1 {
			parent, _ := strconv.Atoi(fields[1])
			table[pid] = processEntry{parent, fields[0]}
		}
	}
	if len(stats) > 0 {
		return table
	}
	out, err := exec.Command("ps", "-axo", "pid=,ppid=,state=").Output()
	if err != nil {
		return table
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		pid, _ := strconv.Atoi(fields[0])
		parent, _ := strconv.Atoi(fields[1])
		table[pid] = processEntry{parent, fields[2]}
	}
	return table
}
