package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/seed7368b609/gormsession/bench/measure"
)

// workerArg makes this program a worker, which measures one contender in one cell in a process of
// its own: one contender's heap is no other's, and the contender may come from another tree. It is
// followed by the job. The worker says when it is ready, and answers each line of its input with a
// sample.
const workerArg = "worker"

// said is what a worker says.
type said struct {
	Error  string
	Sample measure.Sample
}

func work(args []string) int {
	out := json.NewEncoder(os.Stdout)
	if err := serveSlices(args, os.Stdin, out); err != nil {
		_ = out.Encode(said{Error: err.Error()}) // Nobody is there to be told.
		return 1
	}
	return 0
}

func serveSlices(args []string, in io.Reader, out *json.Encoder) (err error) {
	var job measure.Job
	if err := json.Unmarshal([]byte(args[0]), &job); err != nil {
		return err
	}
	b, err := measure.Open(job)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := out.Encode(said{}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		sample, err := b.Slice()
		if err != nil {
			return err
		}
		if err := out.Encode(said{Sample: sample}); err != nil {
			return err
		}
	}
	return nil
}

// worker is a worker as this side sees it.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// startWorker starts a worker and waits until it is ready.
func startWorker(program string, job measure.Job) (*worker, error) {
	text, err := json.Marshal(job)
	if err != nil {
		return nil, err
	}
	w := &worker{cmd: exec.Command(program, workerArg, string(text))}
	w.cmd.Stderr = os.Stderr
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.out = json.NewDecoder(out)
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := w.hear(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *worker) slice() (measure.Sample, error) {
	if _, err := io.WriteString(w.in, "\n"); err != nil {
		return nil, err
	}
	return w.hear()
}

func (w *worker) hear() (measure.Sample, error) {
	var s said
	if err := w.out.Decode(&s); err != nil {
		return nil, fmt.Errorf("a worker says nothing: %w", err)
	}
	if s.Error != "" {
		return nil, errors.New(s.Error)
	}
	return s.Sample, nil
}

func (w *worker) close() error {
	w.in.Close() // The end of its input is the end of its work.
	return w.cmd.Wait()
}
