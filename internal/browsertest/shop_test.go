package browsertest

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// shopProgram builds the example application as anybody would, and returns its file.
var shopProgram = sync.OnceValues(func() (string, error) {
	file := filepath.Join(built, "shop")
	build := exec.Command("go", "build", "-o", file, "./example")
	build.Dir = filepath.Join("..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, said)
	}
	return file, nil
})

// shop is the example application, a process of its own.
type shop struct {
	t     *testing.T
	flags []string
	base  string // where it is: the same after it was closed and opened again
	cmd   *exec.Cmd
	said  safeBuffer
}

// openShop runs the shop on a file of its own until the test ends.
func openShop(t *testing.T, flags ...string) *shop {
	t.Helper()
	s := &shop{t: t, flags: append(flags, "-db", filepath.Join(t.TempDir(), "shop.db"))}
	s.open("127.0.0.1:0")
	t.Cleanup(func() {
		s.close()
		if t.Failed() {
			t.Logf("the shop said:\n%s", &s.said)
		}
	})
	return s
}

func (s *shop) open(address string) {
	s.t.Helper()
	file, err := shopProgram()
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd = exec.Command(file, append([]string{"-addr", address}, s.flags...)...)
	s.cmd.Stderr = &s.said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	base := regexp.MustCompile(`https?://\S+`).FindString(line)
	if err != nil || base == "" || s.base != "" && base != s.base {
		s.t.Fatalf("%v; it says %q\n%s", err, line, &s.said)
	}
	s.base = base
}

// close ends it as a deployment does.
func (s *shop) close() {
	s.t.Helper()
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Error(err)
	}
	kill := time.AfterFunc(20*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("the shop ended with %v\n%s", err, &s.said)
	}
	s.cmd = nil
}

// reopen is a restart: another process, at the same address, on the same file.
func (s *shop) reopen() {
	s.t.Helper()
	s.close()
	_, address, _ := strings.Cut(s.base, "://")
	s.open(address)
}

const password = "analytical-engine" // Ada's, as the shop's page says

// logIn logs Ada in by the form.
func (s *shop) logIn(b *tab) {
	s.t.Helper()
	b.open(s.base + "/login")
	b.fill("#name", "ada")
	b.fill("#password", password)
	b.press(logInButton)
	if path := b.path(); path != "/account" || !strings.Contains(b.text(), "logged in as Ada") {
		s.t.Fatalf("the login leads to %s, which shows\n%s", path, b.text())
	}
}

// What people press in the shop.
const (
	logInButton  = "main form button"
	logOutButton = `form[action="/logout"] button`
)

// add is the button that puts a good into the cart.
func add(good string) string { return `button[value="` + good + `"]` }
