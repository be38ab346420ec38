package suite

import "testing"

// A case that needs what a framework lacks is skipped, with the reason; any other one runs.
func TestNeeds(t *testing.T) {
	on := ground{adapter: Adapter{Lacks: map[Ability]string{Stream: "it holds all back"}}}
	for ability, skips := range map[Ability]bool{Stream: true, Collect: false} {
		t.Run(string(ability), func(t *testing.T) {
			defer func() {
				if t.Skipped() != skips {
					t.Errorf("skipped: %t", t.Skipped())
				}
			}()
			on.needs(t, ability)
		})
	}
}

// some are cases of which it is noted that they ran.
type some struct{ ran *[]string }

func (s some) TestOne(t *testing.T) { *s.ran = append(*s.ran, t.Name()) }
func (s some) TestTwo(t *testing.T) { *s.ran = append(*s.ran, t.Name()) }

// Each method of a group is run, under its name.
func TestRun(t *testing.T) {
	var ran []string
	run(t, some{&ran})
	if len(ran) != 2 || ran[0] != "TestRun/One" || ran[1] != "TestRun/Two" {
		t.Errorf("these ran: %q", ran)
	}
}
