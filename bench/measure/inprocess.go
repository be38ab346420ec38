package measure

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/seed7368b609/gormsession/bench/contender"
)

// sink is the least that an http.ResponseWriter can be.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header { return s.header }

func (s *sink) WriteHeader(status int) { s.status = status }

func (s *sink) Write(b []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return len(b), nil
}

// requester hands the requests of a cell to a handler. What it needs is made beforehand.
type requester struct {
	handler  http.Handler
	cell     Cell
	jar      []string            // lines of a header
	requests map[string]requests // by path
	copy     http.Request        // which gorilla changes
	writer   sink
	sent     int
}

// requests are those of one path: a request, and the place of its cookie.
type requests struct {
	request *http.Request
	cookie  []string // nil for one that has none
}

// newRequester makes the requests. They can be ended by ctx, as those of a server can.
func newRequester(ctx context.Context, s *contender.Site, c Cell) (*requester, error) {
	r := &requester{
		handler: s.Handler, cell: c, requests: map[string]requests{},
		writer: sink{header: http.Header{}},
	}
	for _, cookie := range cookies(s, c) {
		r.jar = append(r.jar, contender.CookieName+"="+cookie)
	}
	for i := range 100 {
		work := c.Work.At(i)
		path := work.Path(c.Size)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
		if err != nil {
			return nil, err
		}
		of := requests{request: request}
		if work != contender.Create {
			of.cookie = []string{""}
			request.Header["Cookie"] = of.cookie
		}
		r.requests[path] = of
	}
	return r, nil
}

// send sends the next request.
func (r *requester) send() error {
	i := r.sent
	r.sent++
	of := r.requests[r.cell.Work.At(i).Path(r.cell.Size)]
	if of.cookie != nil {
		of.cookie[0] = r.jar[scattered(i, len(r.jar))]
	}
	r.copy = *of.request
	clear(r.writer.header)
	r.writer.status = 0
	r.handler.ServeHTTP(&r.writer, &r.copy)
	if r.writer.status != http.StatusOK {
		return fmt.Errorf("answered with %d", r.writer.status)
	}
	return nil
}

// run sends n requests.
func (r *requester) run(n int) error {
	for range n {
		if err := r.send(); err != nil {
			return err
		}
	}
	return nil
}

// runFor sends requests for about so long, and returns how many. The clock is looked at about a
// hundred times, so that it costs nothing.
func (r *requester) runFor(d time.Duration) (n int, err error) {
	before, now := r.sent, time.Now()
	end := now.Add(d)
	for batch := 1; now.Before(end); {
		for range batch {
			if err := r.send(); err != nil {
				return 0, err
			}
		}
		began := now
		if now = time.Now(); now.Sub(began) < d/100 {
			batch *= 2
		}
	}
	return r.sent - before, nil
}

func openInProcess(b *Bench, job Job) error {
	ctx, cancel := context.WithCancel(context.Background())
	b.close = func() error { cancel(); return nil }
	r, err := newRequester(ctx, b.site, job.Cell)
	if err != nil {
		return err
	}
	if _, err := r.runFor(job.Slice); err != nil {
		return err
	}
	b.Slice = func() (Sample, error) {
		if err := refill(b, job.Cell); err != nil {
			return nil, err
		}
		// Others have had the processor since the last slice.
		if _, err := r.runFor(job.Slice / 10); err != nil {
			return nil, err
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		cpu, start := cpuTime(), time.Now()
		n, err := r.runFor(job.Slice)
		took, cpuTook := time.Since(start), cpuTime()-cpu
		runtime.ReadMemStats(&after)
		per := func(v uint64) float64 { return float64(v) / float64(max(n, 1)) }
		return Sample{
			Time:   per(uint64(took)),
			CPU:    per(uint64(cpuTook)),
			Allocs: per(after.Mallocs - before.Mallocs),
			Bytes:  per(after.TotalAlloc - before.TotalAlloc),
		}, err
	}
	return nil
}
