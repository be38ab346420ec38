package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"gorm.io/gorm/logger"
)

// The whole program: it takes another port when its own is taken, says where
// it is, and leaves nothing behind.
func TestRunOnABusyPort(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, quiet(taken.Addr().String(), ""), in)
		in.CloseWithError(err)
		ended <- err
	}()
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	base := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(said)
	if base == "" || base == "http://"+taken.Addr().String() {
		t.Fatalf("it says %q", said)
	}
	resp, err := http.Get(base)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || !strings.Contains(string(page), "Things for a quiet desk") {
		t.Errorf("its page: %v\n%s", err, page)
	}

	interrupt()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if resp, err := http.Get(base); err == nil {
		resp.Body.Close()
		t.Error("it still answers")
	}
}

func TestRunKeepsTheFileItIsGiven(t *testing.T) {
	file := t.TempDir() + "/shop.db"
	ctx, interrupt := context.WithCancel(context.Background())
	interrupt()
	if err := run(ctx, quiet("127.0.0.1:0", file), io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestRunSaysWhatItCannotOpen(t *testing.T) {
	t.Parallel()
	missing := t.TempDir() + "/missing/shop.db"
	other := t.TempDir() + "/notes.txt"
	if err := os.WriteFile(other, []byte(strings.Repeat("not a database ", 99)), 0o600); err != nil {
		t.Fatal(err)
	}
	withoutKey := quiet("127.0.0.1:0", "")
	withoutKey.cert = "cert.pem"
	for want, s := range map[string]settings{
		missing:                 quiet("127.0.0.1:0", missing),
		"not a database":        quiet("127.0.0.1:0", other),
		"256.0.0.1":             quiet("256.0.0.1:0", ""),
		"-cert and -key go tog": withoutKey,
	} {
		err := run(t.Context(), s, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want one that says %q", s, err, want)
		}
	}
}

// quiet is how the tests run the program.
func quiet(addr, file string) settings {
	return settings{addr: addr, file: file, level: logger.Silent}
}

func TestServeReportsWhyItStopped(t *testing.T) {
	t.Parallel()
	listener, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := serve(t.Context(), &http.Server{}, listener, "", ""); err == nil {
		t.Error("a listener that is closed serves")
	}
}
