package gormsession_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The program that README begins with runs as it is pasted into an empty module, but for the port,
// and counts visits.
func TestFirstProgram(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(readme), "```go\n")
	program, _, _ = strings.Cut(program, "```\n")
	if lines := strings.Count(program, "\n"); lines > 32 {
		t.Errorf("it has %d lines, and was to be short", lines)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	dir := emptyModule(t, strings.Replace(program, "127.0.0.1:8080", address, 1))
	binary := filepath.Join(dir, "visits.exe")
	command(t, dir, "go", "build", "-mod=mod", "-o", binary, ".")

	server := exec.Command(binary)
	server.Dir = dir
	said, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	lines := bufio.NewScanner(said)
	for lines.Scan() && !strings.Contains(lines.Text(), "Listening") {
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{Jar: jar, Timeout: 10 * time.Second}
	for visit := 1; visit <= 3; visit++ {
		page, err := browser.Get("http://" + address)
		for deadline := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(deadline); {
			page, err = browser.Get("http://" + address) // it says so just before
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(page.Body)
		page.Body.Close()
		if want := fmt.Sprintf("visit %d", visit); err != nil || string(body) != want {
			t.Errorf("got %q, %v, want %q", body, err, want)
		}
	}
}

// emptyModule is a directory with what `go mod init visits` makes, where this module is the one
// that is here, and that program.
func emptyModule(t *testing.T, program string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"main.go": program, "go.sum": string(sums)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command(t, dir, "go", "mod", "init", "visits")
	command(t, dir, "go", "mod", "edit", "-require="+module+"@v0.0.0", "-replace="+module+"="+here)
	return dir
}

// command runs one in a directory, and ends the test where it fails.
func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), "GOWORK=off")
	if said, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, said)
	}
}
