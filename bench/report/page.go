package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/measure"
)

// Write writes the page to a file, and its plots into a folder of that name beside it.
func Write(r *Results, path string) error {
	plots := strings.TrimSuffix(path, filepath.Ext(path))
	if err := os.MkdirAll(plots, 0o755); err != nil {
		return err
	}
	text, err := write(r, plots)
	return errors.Join(err, os.WriteFile(path, []byte(text), 0o644))
}

// Print prints the page without its plots.
func Print(r *Results, to io.Writer) error {
	text, err := write(r, "")
	if err == nil {
		_, err = io.WriteString(to, text)
	}
	return err
}

// write makes the text of the page.
func write(r *Results, plots string) (string, error) {
	p := &page{results: r, plots: plots}
	for _, part := range []func(){
		p.intro, p.trees, p.choose, p.untouched, p.requests, p.rank, p.aboveTheFloor, p.clients,
		p.besideRedis, p.growth, p.hotSession, p.rowUpdates, p.clearing, p.traffic, p.failures, p.method,
	} {
		part()
	}
	return p.text.String(), p.err
}

// page is a page that is being written.
type page struct {
	results *Results
	plots   string // the folder of the plots; "" for none
	text    strings.Builder
	err     error // of the plots
}

func (p *page) say(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n\n", args...) }

func (p *page) show(t table) { p.text.WriteString(t.String()) }

// The contenders that others are compared with.
var (
	bare  = Who{Name: contender.GinAlone}
	floor = Who{Name: contender.FloorName}
)

func (p *page) intro() {
	m := p.results.Machine
	p.say("# Performance")
	p.say("This page is written by `bench/`, a program that measures gormsession beside what a " +
		"database costs at least, and beside other session libraries. Nothing of it is typed by " +
		"hand. To measure again, on a machine that does nothing else: `make bench`.")
	list := []string{
		fmt.Sprintf("- **when**: %s, for %s", m.Began.Format("2 January 2006, 15:04 MST"),
			m.Ended.Sub(m.Began).Round(time.Second)),
		fmt.Sprintf("- **machine**: %s, %d CPUs, %s of memory, %s, files on %s",
			m.CPU, m.CPUs, m.Memory, m.System, m.Disk),
		fmt.Sprintf("- **load** of the last 1, 5 and 15 minutes: %s at the beginning, %s at the end",
			m.LoadAtBegin, m.LoadAtEnd),
	}
	for _, t := range p.results.Trees {
		list = append(list, fmt.Sprintf("- **%s**: %s",
			Who{contender.OwnDefault, t.Name}, t.Commit))
	}
	for _, place := range append(slices.Clone(p.results.Places), p.results.Redis) {
		if place.Version == "" {
			continue
		}
		list = append(list, fmt.Sprintf("- **%s**: %s, with `%s`",
			place.Kind.Title(), place.Version, strings.Join(place.Settings, "`, `")))
	}
	list = append(list, "- **versions**: "+strings.Join(append([]string{m.Go}, m.Modules...), ", "))
	if noise := p.noise(); noise != "" {
		list = append(list, "- **noise**: "+noise)
	}
	p.say("%s", strings.Join(list, "\n"))
	p.say("**%s** is the floor: a gin handler with prepared statements, one for each thing it does, "+
		"and the request's context. **tuned** is a `gorm.Config` with `PrepareStmt` and "+
		"`SkipDefaultTransaction`; what is not called so has GORM's default. Ratios, in "+
		"parentheses, are to the floor in the same round.", contender.FloorName)
}

// noise says how far the ratios of a cell lie apart.
func (p *page) noise() string {
	var all []float64
	for _, one := range p.results.Results {
		m := principal(one.Cell)
		if m == "" || one.Who == floor {
			continue
		}
		ratios := p.results.ratios(one.Section, one.Cell, one.Who, floor, m)
		if len(ratios) > 2 {
			all = append(all, spread(ratios)/median(ratios))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("the middle half of a cell's ratios is %.1f %% wide in the median of all "+
		"cells, and %.1f %% in the noisiest tenth", 100*median(all), 100*quantile(all, 0.9))
}

func (p *page) failures() {
	t := table{head: []string{"what failed", "in"}}
	for _, one := range p.results.Results {
		if one.Failure != "" {
			t.add(one.Who.String(), one.Cell.String())
		}
		if n := sum(numbers(one.Samples, measure.Failed)); n > 0 {
			t.add(one.Who.String(), fmt.Sprintf("%s: %.0f requests", one.Cell, n))
		}
	}
	if len(t.rows) > 0 {
		p.say("## What failed")
		p.show(t)
	}
}

func sum(all []float64) (total float64) {
	for _, v := range all {
		total += v
	}
	return total
}

func (p *page) method() {
	p.say("## How it is measured")
	p.say(strings.Join([]string{
		"- Each contender runs in a process of its own, on a database of its own, in the same " +
			"server, and with as many connections.",
		fmt.Sprintf("- In each cell all contenders are ready, and take turns of about %s: %d rounds, "+
			"each in another order. Many clients have longer turns. Numbers are medians of the "+
			"rounds.",
			p.results.Slice, p.results.Rounds),
		"- In process, requests are handed to the handler one after the other, and can be ended, " +
			"as those of a server can. Over HTTP, clients on the loopback interface share the " +
			"machine with the server.",
		"- Sessions have two numbers and a text. Rows are clones of one that the library itself " +
			"has made, under random keys, and requests come with up to 10,000 of them in turn.",
		"- A small table that a cell adds rows to is made anew before each turn. In process, the " +
			"first requests of a turn are not counted.",
		"- gin-contrib and gorilla run with `MaxLength(0)`: otherwise they save no session of 4 KB.",
		"- Nobody clears expired rows meanwhile. GORM logs nothing.",
		"- Statements are counted at the driver, round trips at the connection.",
	}, "\n"))
}
