// Package djangotest runs a real Django beside a test, on the loopback interface
// and on a database of package dbtest, and has it do things to sessions.
//
// Django 3.2 is Debian's python3-django; script/get-django unpacks newer ones. What
// is missing skips the test, and fails it if CI=true. Only 6.1, which needs a newer
// Python than Debian 12 has, is tested where it can be: GORMSESSION_PYTHON names
// one, else the first of python3.14, python3.13, python3.12 and those of pyenv that
// works is taken. `make djangos` says which are tested here, and which are not and why.
package djangotest

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// SecretKey is the SECRET_KEY of a Site, unless its settings say otherwise.
const SecretKey = "interop-secret-key-0123456789-abcdefghijklmnop"

// Settings are Django settings by name. They must be expressible in JSON.
type Settings map[string]any

// A Site is a running Django.
type Site struct {
	Version Version
	URL     string // of the view that carries out steps
	log     *log
	script  func(name string) *exec.Cmd // one of the site's
}

//go:embed site/*.py site/people/*.py
var siteFiles embed.FS

// Start starts a Django of that version on db and ends it with the test. Its
// tables are not made: see [Site.Migrate]. What it logs is logged by a test that
// fails.
func Start(tb testing.TB, version Version, db *dbtest.DB, settings Settings) *Site {
	tb.Helper()
	python, path, err := version.find(db.Kind())
	if err != nil {
		version.unavailable(tb, err)
	}
	dir := tb.TempDir()
	if err := unpack(dir); err != nil {
		tb.Fatalf("djangotest: %v", err)
	}
	config, err := json.Marshal(
		map[string]any{"database": database(tb, db), "settings": orEmpty(settings)},
	)
	if err != nil {
		tb.Fatalf("djangotest: %v", err)
	}
	site := &Site{Version: version, log: &log{}, script: func(name string) *exec.Cmd {
		cmd := exec.Command(python, filepath.Join(dir, name))
		cmd.Env = append(environment(path), "SITE="+string(config), "PYTHONUNBUFFERED=1")
		return cmd
	}}
	cmd := site.script("serve.py")
	cmd.Stderr = site.log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatalf("djangotest: %v", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatalf("djangotest: %v", err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatalf("djangotest: %v", err)
	}
	tb.Cleanup(func() { site.stop(tb, cmd, stdin) })
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		tb.Fatalf("djangotest: Django %s did not start: %v", version, err)
	}
	site.URL = "http://127.0.0.1:" + strings.TrimSpace(port) + "/"
	return site
}

// stop ends the server by closing its standard input, as the end of this process
// would too, and kills it where that does not help.
func (s *Site) stop(tb testing.TB, cmd *exec.Cmd, stdin io.Closer) {
	_ = stdin.Close()
	kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	if err := cmd.Wait(); err != nil {
		tb.Errorf("djangotest: Django %s ended with %v", s.Version, err)
	}
	if tb.Failed() {
		text, _ := s.log.read()
		tb.Logf("Django %s logged:\n%s", s.Version, text)
	}
}

// WaitForLog waits until Django has logged that text, at warning or above. What it logs may
// come later than its answer.
func (s *Site) WaitForLog(tb testing.TB, text string) {
	tb.Helper()
	timeout := time.After(time.Minute)
	for {
		logged, more := s.log.read()
		if strings.Contains(logged, text) {
			return
		}
		select {
		case <-more:
		case <-timeout:
			tb.Fatalf("djangotest: Django %s has not logged %q", s.Version, text)
		}
	}
}

// unpack writes the site's files into a directory.
func unpack(dir string) error {
	files, err := fs.Sub(siteFiles, "site")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, files); err != nil {
		return fmt.Errorf("unpack the site: %w", err)
	}
	return nil
}

func orEmpty(settings Settings) Settings {
	if settings == nil {
		return Settings{}
	}
	return settings
}

// log is a buffer that a process writes and a test reads.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed at the next write, if there is somebody who waits for it
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.text.Write(p)
}

// read returns what was written, and a channel that is closed when there is more.
func (l *log) read() (text string, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more == nil {
		l.more = make(chan struct{})
	}
	return l.text.String(), l.more
}
