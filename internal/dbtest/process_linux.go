package dbtest

import "syscall"

func dieWithParent(a *syscall.SysProcAttr, signal syscall.Signal) { a.Pdeathsig = signal }

// memoryDir returns the directory that Linux keeps in memory, if it has the room
// that a few servers may come to need. In a container it often has not.
func memoryDir() (string, bool) {
	const dir, enough = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return "", false
	}
	return dir, fs.Bavail*uint64(fs.Bsize) >= enough
}
