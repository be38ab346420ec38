package otelsession

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/seed7368b609/gormsession"
)

// patience is how long a collection waits for the count. What a process says of all else is not to
// be lost because its database is slow.
const patience = time.Second

// ObserveLive has the gauge gormsession.sessions.live say how many sessions are live. They are
// counted by a query, [gormsession.Plugin.CountLive], once in that time at most, however often the
// metrics are collected; a minute is a good value. A collection waits for it for a second at most,
// and says what was counted before where that takes longer. Nothing is said once a count is older
// than two of these times, as while the database is away.
//
// Each process of an application counts the same rows, so a query takes the maximum of theirs, and
// not their sum. To stop it, call Unregister of what is returned.
func ObserveLive(
	plugin *gormsession.Plugin, every time.Duration, opts ...Option,
) (metric.Registration, error) {
	if plugin == nil {
		return nil, errors.New("gormsession: otelsession.ObserveLive needs the plugin that " +
			"gormsession.New returned, not nil")
	}
	if every <= 0 {
		return nil, fmt.Errorf("gormsession: otelsession.ObserveLive(%v): the time between two "+
			"counts must be positive", every)
	}
	c := newConfig(opts)
	meter := c.meters.Meter(scope)
	gauge, err := meter.Int64ObservableGauge("gormsession.sessions.live",
		metric.WithUnit("{session}"),
		metric.WithDescription("Sessions in the table that have not expired."))
	if err != nil {
		return nil, err
	}
	l := &live{
		every: every, patience: patience, now: time.Now,
		count: func() (int64, error) { return count(plugin) },
	}
	return meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		if n, known := l.value(ctx); known {
			o.ObserveInt64(gauge, n, metric.WithAttributeSet(c.with()))
		}
		return nil
	}, gauge)
}

// count counts, in a goroutine of its own, where a callback of the application's may panic.
func count(plugin *gormsession.Plugin) (n int64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if err != nil {
			plugin.Logger().Warn("gormsession: the live sessions were not counted", "error", err)
		}
	}()
	return plugin.CountLive(context.Background())
}

// live counts the sessions each so often, for whoever asks.
type live struct {
	count           func() (int64, error)
	every, patience time.Duration
	now             func() time.Time

	mu      sync.Mutex
	asked   time.Time     // when the last count began
	running chan struct{} // closed when it ends
	n       int64         // of the last one that has succeeded
	counted time.Time     // when that was
}

// value is how many there are, if that is known.
func (l *live) value(ctx context.Context) (n int64, known bool) {
	select {
	case <-l.refresh():
	case <-ctx.Done():
	case <-time.After(l.patience):
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n, !l.counted.IsZero() && l.now().Sub(l.counted) <= 2*l.every
}

// refresh begins a count if that is due, and returns what is closed once the last one has ended.
func (l *live) refresh() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running == nil || l.now().Sub(l.asked) >= l.every && isClosed(l.running) {
		l.asked, l.running = l.now(), make(chan struct{})
		go l.run(l.running)
	}
	return l.running
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// run counts.
func (l *live) run(done chan<- struct{}) {
	defer close(done)
	n, err := l.count()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.n, l.counted = n, l.now()
	}
}
