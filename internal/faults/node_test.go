package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/history"
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

// web is how clients ask. Each case has many, so their connections are kept.
var web = &http.Client{
	Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	Timeout:   30 * time.Second,
}

// A reply is what a client is told, and by what.
type reply struct {
	history.Answer
	status int
	told   bool // a cookie, or that there is none any more
	err    error
}

// ask asks a node for a page of the session of a key, which may be empty.
func (n *node) ask(path, key string, args ...string) reply {
	return n.askIn(context.Background(), path, key, args...)
}

func (n *node) askIn(ctx context.Context, path, key string, args ...string) reply {
	query := url.Values{}
	for i := 0; i+1 < len(args); i += 2 {
		query.Set(args[i], args[i+1])
	}
	// Not by GET, which net/http's client may send a second time by itself.
	target := n.running() + path + "?" + query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, nil)
	if err != nil {
		n.t.Error(err)
		return reply{err: err}
	}
	if key != "" {
		r.Header.Set("Cookie", "session="+key)
	}
	response, err := web.Do(r)
	if err != nil {
		return lostReply(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return lostReply(err)
	}
	got := reply{status: response.StatusCode}
	got.Outcome = application.Outcome(response.Header.Get(application.OutcomeField))
	for _, c := range response.Cookies() {
		got.Key, got.told = c.Value, true
	}
	if got.Outcome == application.Done {
		if err := json.Unmarshal(body, &got.Page); err != nil {
			n.t.Errorf("%s shows %q", path, body)
		}
	}
	return got
}

// lostReply is that of a connection which gave no answer.
func lostReply(err error) reply {
	got := reply{err: err}
	got.Outcome = application.Unknown
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		got.Outcome = application.Unavailable
	}
	return got
}

// perform asks for a call of a history.
func (n *node) perform(c history.Call) reply {
	args := []string{"x", c.Arg, "token", c.Arg, "user", "ann"}
	if c.Do == "increment" {
		args = append(args, "save", "1")
	}
	return n.ask("/"+c.Do, c.Key, args...)
}

// ready returns once the node has its database.
func (n *node) ready() { n.get("/ready", nil) }

// status is what the process has open.
func (n *node) status() (s application.Status) {
	n.t.Helper()
	n.get("/status", &s)
	return s
}

// get asks for something that is no page of a session.
func (n *node) get(path string, into any) {
	n.t.Helper()
	response, err := web.Get(n.running() + path)
	if err != nil {
		n.t.Error(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		n.t.Errorf("%s: %d %s, %v", path, response.StatusCode, body, err)
		return
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			n.t.Errorf("%s: %s, %v", path, body, err)
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
