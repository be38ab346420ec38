//go:build unix

package measure

import (
	"syscall"
	"time"
)

// cpuTime is what this process has had of the CPUs so far. Others who use the machine lengthen it
// less than they do the time on the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
