package puregotest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// An application on the driver is built without C, links no driver with C, and counts exactly what
// many clients at once add to one session.
func TestApplicationWithoutC(t *testing.T) {
	const clients, each = 12, 5
	site := startApplication(t)
	first := visit(t, site, nil)
	if first.body != "visit 1" || first.cookie == nil {
		t.Fatalf("got %+v", first)
	}
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range each {
				visit(t, site, first.cookie)
			}
		})
	}
	all.Wait()
	want := fmt.Sprintf("visit %d", 1+clients*each+1)
	if last := visit(t, site, first.cookie); last.body != want {
		t.Errorf("got %q, want %q: %d increments were made", last.body, want, clients*each)
	}
}

// startApplication builds the application, starts it in a directory of its own, and returns its
// address.
func startApplication(t *testing.T) string {
	t.Helper()
	withoutC := append(os.Environ(), "CGO_ENABLED=0")
	dir := t.TempDir()
	binary := filepath.Join(dir, "app.exe")
	build := exec.Command("go", "build", "-o", binary, "./app")
	build.Env = withoutC
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	list := exec.Command("go", "list", "-deps", "./app")
	list.Env = withoutC
	deps, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(deps)) {
		if dep == "runtime/cgo" || strings.Contains(dep, "mattn/go-sqlite3") {
			t.Errorf("the application links %s", dep)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	server := exec.Command(binary, address)
	server.Dir = dir
	server.Env = append(os.Environ(), "GIN_MODE=release")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return "http://" + address + "/"
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond) // it says nowhere when it listens
	}
}

// An answer is what a page says.
type answer struct {
	body   string
	cookie *http.Cookie
}

func visit(t *testing.T, site string, cookie *http.Cookie) (a answer) {
	t.Helper()
	target, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	r := &http.Request{Method: http.MethodGet, URL: target, Header: http.Header{}}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return a
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("got %d %q, %v", res.StatusCode, body, err)
	}
	a.body = string(body)
	for _, c := range res.Cookies() {
		a.cookie = c
	}
	return a
}
