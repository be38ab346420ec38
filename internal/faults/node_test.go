package faults

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
)

// A node is an application in a process of its own, which may be killed and started again.
type node struct {
	t        testing.TB
	name     string
	settings application.Settings
	log      logbook

	mu      sync.Mutex
	up      chan struct{} // closed while it runs
	url     string
	process *exec.Cmd
	stdin   io.WriteCloser
	ended   chan struct{} // closed once the process has
}

// startNode starts a node that ends with the test.
func startNode(t testing.TB, c dbtest.Config, s application.Settings) *node {
	t.Helper()
	s.Prepared, s.Bare = c.PrepareStmt, c.Bare
	n := &node{t: t, name: c.Name, settings: s, up: make(chan struct{})}
	n.start()
	t.Cleanup(func() {
		n.kill()
		if t.Failed() {
			t.Logf("the log of %s ends with\n%s", n.name, n.log.tail())
		}
	})
	return n
}

// start starts the process. It is to be heard of as soon as it listens.
func (n *node) start() {
	n.t.Helper()
	binary, err := os.Executable()
	if err != nil {
		n.t.Fatal(err)
	}
	settings, err := json.Marshal(n.settings)
	if err != nil {
		n.t.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), applicationVariable+"="+string(settings))
	cmd.Stderr = &n.log
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		n.t.Error(err)
		return
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), application.Listening)
	if err != nil || !ok {
		n.t.Errorf("an application did not start: %q, %v\n%s", line, err, n.log.tail())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.process, n.stdin, n.url, n.ended = cmd, stdin, "http://"+address, make(chan struct{})
	close(n.up)
	go n.watch(cmd, n.ended)
}

// watch waits for the end of a process, which has to be killed for that.
func (n *node) watch(cmd *exec.Cmd, ended chan struct{}) {
	err := cmd.Wait()
	n.mu.Lock()
	byItself := n.process == cmd
	n.mu.Unlock()
	if byItself {
		n.t.Errorf("an application has ended by itself: %v\n%s", err, n.log.tail())
	}
	close(ended)
}

// kill ends the process at once, as kill -9 does.
func (n *node) kill() {
	n.mu.Lock()
	process := n.process
	if n.process = nil; process != nil {
		n.up = make(chan struct{})
	}
	n.mu.Unlock()
	if process != nil {
		_ = process.Process.Kill()
		<-n.ended
		n.stdin.Close()
	}
}

// running waits until the node runs, and returns its address.
func (n *node) running() string {
	for {
		n.mu.Lock()
		up, url := n.up, n.url
		n.mu.Unlock()
		<-up
		n.mu.Lock()
		same := up == n.up
		n.mu.Unlock()
		if same {
			return url
		}
	}
}

// A logbook is the end of what a process says.
type logbook struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if most := 64 << 10; len(l.text) > 2*most {
		l.text = append([]byte(nil), l.text[len(l.text)-most:]...)
	}
	return len(p), nil
}

func (l *logbook) tail() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.text[max(0, len(l.text)-2000):])
}
