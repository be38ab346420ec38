// Command gormsession looks after the table of sessions: it makes it, lists what it holds, ends
// sessions, clears expired ones, and says what is wrong with it. docs/cmd.md is its page.
//
//	go install github.com/seed7368b609/gormsession/cmd/gormsession@latest
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

// What the program exits with.
const (
	exitDone     = 0
	exitFailed   = 1 // an error
	exitMisused  = 2 // of the command line
	exitAttended = 3 // done, and there is something that somebody has to look at
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends what does not end by itself
	code := run(ctx, os.Args[1:], world{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, now: time.Now,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
	})
	stop()
	os.Exit(code)
}

// A world is what is outside of the program.
type world struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(name string) string
	now      func() time.Time
	terminal bool // err is one
}

// run runs the program and returns what it exits with.
func run(ctx context.Context, args []string, w world) int {
	t := &tool{world: w}
	defer t.close()
	command := t.command()
	command.SetArgs(append([]string{}, args...)) // of nil cobra would take its own
	command.SetIn(w.in)
	command.SetOut(w.out)
	command.SetErr(w.err)
	ran, err := command.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errAttend):
		return exitAttended
	}
	fmt.Fprintln(w.err, "gormsession: "+ours.Replace(t.told(err)))
	if _, misused := errors.AsType[misuse](err); misused {
		fmt.Fprintf(w.err, "%s --help says more\n", ran.CommandPath())
		return exitMisused
	}
	return exitFailed
}

// errAttend ends what was done, and has said what somebody has to look at.
var errAttend = errors.New("there is something to look at")

// misuse is an error of the command line.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

func misusef(format string, args ...any) error { return misuse{fmt.Errorf(format, args...)} }
