package dbtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// process is a running program, with the processes that it starts.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the program has ended
	err  error         // why it ended; set before done is closed
}

// startProcess starts a program in a process group of its own, so that an
// interrupt from the terminal reaches the tests first. On Linux deathSignal is sent
// to it when this process ends without having stopped it.
func startProcess(
	argv []string, dir string, log *os.File, a *account, deathSignal syscall.Signal,
) (*process, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "LC_ALL=C"}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = processAttributes(a, deathSignal)
	result := make(chan error)
	forks() <- func() { result <- cmd.Start() }
	if err := <-result; err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// forks returns the channel to a goroutine that starts processes. It is locked to
// its thread and lives as long as this process, because the kernel sends the death
// signal when the thread that forked ends.
var forks = sync.OnceValue(func() chan<- func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range c {
			f()
		}
	}()
	return c
})

// wait waits for a program that is to end by itself.
func (p *process) wait(limit time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-time.After(limit):
		p.kill()
		return fmt.Errorf("%s did not end within %v", p.cmd.Path, limit)
	}
}

// crash ends the program and its processes by a signal to the program, and waits
// until they are gone.
func (p *process) crash(signal syscall.Signal) {
	p.send(p.cmd.Process.Pid, signal)
	_ = p.resume() // A paused process gets no signal but SIGKILL.
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		p.kill()
	}
}

// kill ends the program and its processes. It comes last: once it has ended, its number and theirs
// may be others'.
func (p *process) kill() {
	pids := p.tree()
	for _, pid := range slices.Backward(pids) {
		p.send(pid, syscall.SIGKILL)
	}
	<-p.done
	for range 5000 { // what they share has an owner until then
		table := processTable()
		if !slices.ContainsFunc(pids, func(pid int) bool { return table[pid].runs() }) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// send signals one process of the tree, unless the program has ended: its number
// could be another's by now.
func (p *process) send(pid int, signal syscall.Signal) {
	select {
	case <-p.done:
	default:
		if target, err := os.FindProcess(pid); err == nil {
			_ = target.Signal(signal) // It may end at any moment.
		}
	}
}

// tree returns the program and its descendants, the program first. The process
// group is not enough: PostgreSQL gives each of its processes its own.
func (p *process) tree() []int {
	table := processTable()
	pids := []int{p.cmd.Process.Pid}
	for i := 0; i < len(pids); i++ {
		for pid, entry := range table {
			if entry.parent == pids[i] {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// pause stops the program, so that it starts no further processes, then the
// processes that it has, and waits until they stand.
func (p *process) pause() error {
	p.send(p.cmd.Process.Pid, stopSignal)
	deadline := time.Now().Add(5 * time.Second)
	for ; time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		table, standing := processTable(), true
		for _, pid := range p.tree() {
			if entry, ok := table[pid]; ok && !entry.stands() {
				p.send(pid, stopSignal)
				standing = false
			}
		}
		if standing {
			return nil
		}
	}
	return errors.New("it could not be paused")
}

func (p *process) resume() error {
	for _, pid := range p.tree() {
		p.send(pid, continueSignal)
	}
	return nil
}

// processEntry is what we need to know of a process: its parent, and its state as
// ps prints it.
type processEntry struct {
	parent int
	state  string
}

// runs reports whether there is such a process, and it has not ended.
func (e processEntry) runs() bool {
	return e.state != "" && e.state[0] != 'Z' && e.state[0] != 'X'
}

// stands reports whether the process is stopped, or has ended.
func (e processEntry) stands() bool {
	return e.state != "" && (e.state[0] == 'T' || e.state[0] == 'Z' || e.state[0] == 'X')
}
