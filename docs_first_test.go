package gormsession_test

import (
	"bufio"
	"encoding/json"
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

// The program that README begins with runs as it is pasted, but for the port, and counts visits.
func TestFirstProgram(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(readme), "```go\n")
	program, _, _ = strings.Cut(program, "```\n")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	dir := t.TempDir()
	binary := buildInPlaceOf(t, dir, "example/first/main.go",
		strings.Replace(program, "127.0.0.1:8080", address, 1))

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

// buildInPlaceOf builds the program whose file has that text instead, and returns the binary in
// dir.
func buildInPlaceOf(t *testing.T, dir, file, text string) string {
	t.Helper()
	place, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	source, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{place: source}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{source: text, overlay: string(replaced)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(dir, "program.exe")
	build := exec.Command("go", "build", "-overlay", overlay, "-o", binary, "./"+filepath.Dir(file))
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return binary
}
