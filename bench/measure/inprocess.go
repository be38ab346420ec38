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

// send sends the i-th request.
func (r *requester) send(i int) error {
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
	for i := range n {
		if err := r.send(i); err != nil {
			return err
		}
	}
	return nil
}

func openInProcess(b *Bench, job Job) error {
	ctx, cancel := context.WithCancel(context.Background())
	b.close = func() error { cancel(); return nil }
	r, err := newRequester(ctx, b.site, job.Cell)
	if err != nil {
		return err
	}
	n, err := fitting(job.Slice, r.run)
	if err != nil {
		return err
	}
	b.Slice = func() (Sample, error) {
		if err := refill(b, job.Cell); err != nil {
			return nil, err
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		err := r.run(n)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		per := func(v uint64) float64 { return float64(v) / float64(n) }
		return Sample{
			Time:   per(uint64(took)),
			Allocs: per(after.Mallocs - before.Mallocs),
			Bytes:  per(after.TotalAlloc - before.TotalAlloc),
		}, err
	}
	return nil
}

// fitting returns how many requests take about so long. It warms up by it.
func fitting(slice time.Duration, run func(n int) error) (int, error) {
	for n := 100; ; n *= 2 {
		start := time.Now()
		if err := run(n); err != nil {
			return 0, err
		}
		if took := time.Since(start); took >= slice/2 || n > 1<<24 {
			return max(1, int(float64(n)*float64(slice)/float64(took))), nil
		}
	}
}
