package measure

import (
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/seed7368b609/gormsession/bench/contender"
)

// serve serves the site and returns clients of it.
func serve(b *Bench, c Cell) (*clients, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: b.site.Handler}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	b.close = func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}
	all, err := dialClients(l.Addr().String(), c, cookies(b.site, c))
	if err != nil {
		return nil, err
	}
	closeServer := b.close
	b.close = func() error { all.close(); return closeServer() }
	return all, nil
}

// during is true for so long.
func during(d time.Duration) func() bool {
	end := time.Now().Add(d)
	return func() bool { return time.Now().Before(end) }
}

func openOverHTTP(b *Bench, job Job) error {
	all, err := serve(b, job.Cell)
	if err != nil {
		return err
	}
	if _, err := all.run(during(job.Slice)); err != nil {
		return err
	}
	b.Slice = func() (Sample, error) {
		if err := refill(b, job.Cell); err != nil {
			return nil, err
		}
		if job.Cell.Sessions > 0 {
			return contended(b, job, all)
		}
		seen, err := all.run(during(job.Slice))
		return seen.sample(), err
	}
	return nil
}

func (r round) sample() Sample {
	s := Sample{
		Rate:   float64(len(r.latencies)) / r.took.Seconds(),
		Failed: float64(r.failed),
	}
	if n := len(r.latencies); n > 0 {
		s[Typical] = micros(r.latencies[n/2])
		s[Slow] = micros(r.latencies[n*99/100])
		s[Slowest] = micros(r.latencies[n-1])
	}
	return s
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// contended is a slice of clients that count in few sessions: what they have lost, and how many
// connections they have had in use.
func contended(b *Bench, job Job, all *clients) (Sample, error) {
	before, err := counted(b, job.Cell)
	if err != nil {
		return nil, err
	}
	inUse := watch(b)
	seen, err := all.run(during(job.Slice))
	connections := inUse()
	if err != nil {
		return nil, err
	}
	after, err := counted(b, job.Cell)
	s := seen.sample()
	s[Answered] = float64(len(seen.latencies))
	s[Lost] = float64(len(seen.latencies) - (after - before))
	s[InUse] = connections
	return s, err
}

// counted is what all sessions of the cell have counted.
func counted(b *Bench, c Cell) (total int, err error) {
	for i := range c.Sessions {
		n, err := contender.Counted(b.site, contender.Key(i*(c.Rows/c.Sessions)))
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// watch looks at the pool until the function is called that it returns, which tells how many
// connections were in use on average.
func watch(b *Bench) func() float64 {
	stop, mean := make(chan struct{}), make(chan float64)
	go func() {
		looks := time.NewTicker(time.Millisecond)
		defer looks.Stop()
		var sum, n float64
		for {
			select {
			case <-looks.C:
				sum, n = sum+float64(b.db.Pool.Stats().InUse), n+1
			case <-stop:
				mean <- sum / max(n, 1)
				return
			}
		}
	}()
	return func() float64 { close(stop); return <-mean }
}
