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
		err := run(ctx, taken.Addr().String(), "", logger.Silent, in)
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
	if err := run(ctx, "127.0.0.1:0", file, logger.Silent, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestRunSaysWhatItCannotOpen(t *testing.T) {
	t.Parallel()
	missing := t.TempDir() + "/missing/shop.db"
	if err := run(t.Context(), "127.0.0.1:0", missing, logger.Silent, io.Discard); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("a database that cannot be opened: %v", err)
	}
	if err := run(t.Context(), "256.0.0.1:0", "", logger.Silent, io.Discard); err == nil {
		t.Error("an address that is none is accepted")
	}
}

func TestServeReportsWhyItStopped(t *testing.T) {
	t.Parallel()
	listener, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := serve(t.Context(), &http.Server{}, listener); err == nil {
		t.Error("a listener that is closed serves")
	}
}
