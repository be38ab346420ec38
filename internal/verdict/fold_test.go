package verdict_test

import (
	"testing"

	"github.com/seed7368b609/gormsession/internal/verdict"
)

// A world answers the steps of a fold.
type world struct {
	row  verdict.Outcome // what a load finds
	next func(verdict.Step) verdict.Outcome
}

// settle carries out what is due at that moment and returns the steps. It fails where there is no
// end to them.
func (w world) settle(
	t testing.TB, c verdict.Case, m verdict.Moment, r verdict.Rules,
) (verdict.Case, []verdict.Step, verdict.Problem) {
	t.Helper()
	c.Text, c.Expiry = verdict.Unknown, verdict.Unknown
	var steps []verdict.Step
	for {
		step, problem := verdict.Decide(c, m, r)
		if step == verdict.Leave {
			return c, steps, problem
		}
		steps = append(steps, step)
		if len(steps) > 8 {
			t.Fatalf("%v at %v has no end: %v", c, m, steps)
		}
		outcome := w.outcome(step)
		if step == verdict.Load {
			c.Filled = c.Filled || outcome == verdict.Done
		}
		c = verdict.Settle(c, m, step, outcome)
	}
}

func (w world) outcome(step verdict.Step) verdict.Outcome {
	switch {
	case step == verdict.Load:
		return w.row
	case w.next != nil:
		return w.next(step)
	case step == verdict.Reckon:
		return verdict.OtherEnd
	case step == verdict.Compare:
		return verdict.OtherText
	}
	return verdict.Done
}

// looked is a case after the handler's first access to the data.
func (w world) looked(c verdict.Case) verdict.Case {
	c = c.LookedAt(verdict.Read)
	if !c.Known() {
		c = verdict.Settle(c, verdict.Answer, verdict.Load, w.row)
		c.Filled = w.row == verdict.Done
	}
	return c
}
