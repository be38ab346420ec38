package otelsession

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A count is asked for once in its time, also where it fails, or is still running; and what was
// counted is said for two of these times.
func TestCountsEachSoOften(t *testing.T) {
	now := time.Now()
	counts, result := 0, error(nil)
	l := &live{every: time.Minute, patience: time.Hour, now: func() time.Time { return now },
		count: func() (int64, error) { counts++; return int64(10 * counts), result }}
	for i, step := range []struct {
		after time.Duration
		fails error
		n     int64
		known bool
		asked int
	}{
		{0, nil, 10, true, 1},
		{59 * time.Second, nil, 10, true, 1},
		{time.Second, nil, 20, true, 2},
		{time.Minute, errors.New("away"), 20, true, 3},
		{time.Second, errors.New("away"), 20, true, 3},
		{59 * time.Second, errors.New("away"), 20, true, 4},
		{time.Minute, errors.New("away"), 20, false, 5},
		{time.Minute, nil, 60, true, 6},
	} {
		now, result = now.Add(step.after), step.fails
		n, known := l.value(t.Context())
		if known != step.known || known && n != step.n || counts != step.asked {
			t.Errorf("%d: %d, %t after %d counts", i, n, known, counts)
		}
	}
}

// A count that lasts holds up no collection, is not begun a second time, and is told once it is
// there.
func TestCountThatLasts(t *testing.T) {
	now := time.Now()
	ends := make(chan int64)
	l := &live{every: time.Minute, now: func() time.Time { return now },
		count: func() (int64, error) { return <-ends, nil }}
	var running chan struct{}
	for range 3 {
		if _, known := l.value(t.Context()); known {
			t.Error("it is known before it was counted")
		}
		if running == nil {
			running = l.running
		}
		if l.running != running {
			t.Fatal("a second count runs")
		}
		now = now.Add(time.Minute)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	l.patience = time.Hour
	if _, known := l.value(over); known {
		t.Error("it is known before it was counted")
	}
	ends <- 7
	<-running
	if n, known := l.value(over); !known || n != 7 {
		t.Errorf("%d, %t once it was counted", n, known)
	}
	ends <- 8
}
