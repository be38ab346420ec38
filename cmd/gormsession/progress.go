package main

import (
	"fmt"

	"github.com/schollz/progressbar/v3"
)

// A progress tells on standard error how far something is: by a bar on a terminal, and in a log by
// a line for each tenth.
type progress struct {
	t      *tool
	what   string
	all    int64
	bar    *progressbar.ProgressBar // nil in a log
	tenths int64                    // that were told of
}

func (t *tool) progress(what string, all int64) *progress {
	p := &progress{t: t, what: what, all: all}
	if t.terminal && all > 0 {
		p.bar = progressbar.NewOptions64(all, progressbar.OptionSetWriter(t.err),
			progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
			progressbar.OptionSetWidth(30), progressbar.OptionSetPredictTime(true),
			progressbar.OptionUseANSICodes(true))
	}
	return p
}

// at tells that so many are done. There may be more than there were at the beginning.
func (p *progress) at(n int64) {
	switch tenths := 10 * n / max(p.all, 1); {
	case p.bar != nil:
		_ = p.bar.Set64(min(n, p.all)) // what is shown is no matter of what is done
	case p.all > 0 && tenths > p.tenths && n < p.all:
		p.tenths = tenths
		fmt.Fprintf(p.t.err, "%s: %d of %d\n", p.what, n, p.all)
	}
}

// end leaves the line of the bar.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Exit()
		fmt.Fprintln(p.t.err)
	}
}
