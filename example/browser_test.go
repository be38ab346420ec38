package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// browser is a page of a real Chromium without a window, told what to do over the
// pipes of its DevTools protocol: messages of JSON, each with a NUL behind it.
type browser struct {
	t       *testing.T
	to      *os.File
	events  chan message
	answers chan message
	session string // of the page; empty for the browser itself
	sent    int
}

type message struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// browse starts Chromium with an empty page. Where there is none the test is skipped;
// with CI=true it fails, so that a run that is to count can hide nothing.
func browse(t *testing.T) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	commands, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir, which fails the test where a child of the browser still writes.
	profile, err := os.MkdirTemp("", "shop-browser-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu",
		"--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", // it calls nobody
		"--user-data-dir="+profile, "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{commands, answers} // descriptors 3 and 4
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	commands.Close()
	answers.Close()
	b := &browser{t: t, to: to, events: make(chan message, 1000), answers: make(chan message, 10)}
	t.Cleanup(func() {
		to.Close() // it ends then
		err := cmd.Wait()
		if t.Failed() {
			t.Logf("the browser ended with %v and said:\n%s", err, &complaints)
		}
		cancel()
		from.Close()
		os.RemoveAll(profile)
	})
	go b.read(from)

	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget",
		map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	b.call("Page.enable", nil, nil)
	b.evaluate(`new Promise(done => document.readyState == "complete" ? done() : onload = done)`, nil)
	for len(b.events) > 0 {
		<-b.events // of the empty page
	}
	return b
}

// read sorts what the browser says, until it ends.
func (b *browser) read(from *os.File) {
	defer close(b.answers)
	defer close(b.events)
	for in := bufio.NewReader(from); ; {
		text, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			return
		}
		if m.ID != 0 {
			b.answers <- m
		} else if strings.HasPrefix(m.Method, "Page.") {
			b.events <- m
		}
	}
}

// call does one thing and reads what came of it into result.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.sent++
	command := map[string]any{"id": b.sent, "method": method}
	if params != nil {
		command["params"] = params
	}
	if b.session != "" {
		command["sessionId"] = b.session
	}
	text, err := json.Marshal(command)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for m := range b.answers {
		if m.ID != b.sent {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
	b.t.Fatalf("%s: the browser has ended", method)
}

// evaluate runs a script in the page and reads what it comes to into value.
func (b *browser) evaluate(script string, value any) {
	b.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{
		"expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true,
	}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", script, got.ExceptionDetails.Text)
	}
	if value != nil {
		if err := json.Unmarshal(got.Result.Value, value); err != nil {
			b.t.Fatalf("%s: %v", script, err)
		}
	}
}

// leads runs a script that leads to another page, and waits until that is there.
func (b *browser) leads(script string) {
	b.t.Helper()
	b.evaluate("setTimeout(() => {"+script+"})", nil)
	for m := range b.events {
		var p struct{ Type string }
		if json.Unmarshal(m.Params, &p) != nil {
			b.t.Fatalf("%s cannot be read", m.Method)
		}
		if m.Method == "Page.loadEventFired" || p.Type == "BackForwardCacheRestore" {
			return
		}
	}
	b.t.Fatalf("%s: the browser has ended", script)
}

// shows returns the path of the page that stands there, and its text.
func (b *browser) shows() (path, text string) {
	b.t.Helper()
	var got [2]string
	b.evaluate("[location.pathname, document.body.innerText]", &got)
	return got[0], got[1]
}
