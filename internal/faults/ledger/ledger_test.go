package ledger

import (
	"testing"

	"github.com/seed7368b609/gormsession/internal/faults/application"
)

// What was acknowledged is there, what failed is not, and what is unknown may be.
func TestCount(t *testing.T) {
	for _, c := range []struct {
		name string
		told []application.Outcome
		sees map[int]bool
	}{
		{"nothing", nil, map[int]bool{0: true, 1: false, -1: false}},
		{"done", []application.Outcome{application.Done}, map[int]bool{0: false, 1: true, 2: false}},
		{"unknown", []application.Outcome{application.Unknown, application.Done},
			map[int]bool{0: false, 1: true, 2: true, 3: false}},
		{"failed", []application.Outcome{application.Unavailable, application.Gone},
			map[int]bool{0: true, 1: false}},
	} {
		for n, may := range c.sees {
			var count Count
			for _, o := range c.told {
				count.Tell(o)
			}
			if err := count.See(n); (err == nil) != may {
				t.Errorf("%s: %d: %v", c.name, n, err)
			}
		}
	}
}

// A counter that was seen does not go back.
func TestCountDoesNotGoBack(t *testing.T) {
	var count Count
	count.Tell(application.Unknown)
	if err := count.See(1); err != nil {
		t.Error(err)
	}
	if err := count.See(0); err == nil {
		t.Error("it went back")
	}
}

// An entry is what was set last, or what may have been set since, and never what was before.
func TestLast(t *testing.T) {
	var last Last
	see := func(v int, may bool) {
		t.Helper()
		seen := last
		if err := seen.See(v); (err == nil) != may {
			t.Errorf("%d: %v", v, err)
		}
	}
	see(0, true)
	last.Tell(1, application.Done)
	see(0, false)
	last.Tell(2, application.Unknown)
	last.Tell(3, application.Unavailable)
	see(1, true)
	see(2, true)
	see(3, false)
	if err := last.See(2); err != nil {
		t.Error(err)
	}
	see(1, false)
	last.Tell(4, application.Done)
	see(2, false)
	last.Leave(5)
	last.Tell(6, application.Done)
	see(5, true)
	see(6, true)
	see(4, false)
}
