// Package ledger keeps what clients have been told, and says what they may see then: what was
// acknowledged is there, once; what certainly failed is not; and of the rest nobody knows.
package ledger

import (
	"fmt"
	"slices"

	"github.com/seed7368b609/gormsession/internal/faults/application"
)

// A Count is what is known of a counter.
type Count struct{ Least, Most int }

// Tell enters how an increment has ended.
func (c *Count) Tell(o application.Outcome) {
	switch o {
	case application.Done:
		c.Least++
		c.Most++
	case application.Unknown:
		c.Most++
	}
}

// See compares it with what is there. A counter never goes back.
func (c *Count) See(n int) error {
	if n < c.Least || n > c.Most {
		return fmt.Errorf("the counter is %d, and should be %s", n, c)
	}
	c.Least = n
	return nil
}

func (c *Count) String() string { return fmt.Sprintf("%d to %d", c.Least, c.Most) }

// A Last is what is known of an entry that is set to another number each time.
type Last struct {
	may  []int // in the order in which they were set
	late []int // of those who did not wait for an answer, which may come at any time
}

// Leave enters that nobody waits any more for the end of setting the entry to v.
func (l *Last) Leave(v int) { l.late = append(l.late, v) }

// Tell enters how it has ended that the entry was set to v.
func (l *Last) Tell(v int, o application.Outcome) {
	switch o {
	case application.Done:
		l.may = []int{v}
	case application.Unknown:
		if l.may == nil {
			l.may = []int{0} // of an entry that was never set
		}
		l.may = append(l.may, v)
	}
}

// See compares it with what is there.
func (l *Last) See(v int) error {
	if l.may == nil {
		l.may = []int{0}
	}
	for i, may := range l.may {
		if may == v {
			l.may = l.may[i:]
			return nil
		}
	}
	if slices.Contains(l.late, v) {
		return nil
	}
	return fmt.Errorf("the entry is %d, and should be one of %d", v, l.may)
}
