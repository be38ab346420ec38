package gormsession

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/jsontext"
	"github.com/seed7368b609/gormsession/internal/lifetime"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// sketch is the model of what one request does to a session: entries as plain values, and what it
// did as steps that can be done elsewhere.
type sketch struct {
	view map[string]any
	log  []func(entries map[string]any)
}

func newSketch(entries map[string]any) *sketch { return &sketch{view: cloneEntries(entries)} }

func (k *sketch) do(step func(entries map[string]any)) {
	step(k.view)
	k.log = append(k.log, step)
}

// merged is what the documented merge makes of entries that somebody else has saved.
func (k *sketch) merged(entries map[string]any) map[string]any {
	entries = cloneEntries(entries)
	for _, step := range k.log {
		step(entries)
	}
	return entries
}

func cloneEntries(entries map[string]any) map[string]any {
	out := maps.Clone(entries)
	if out == nil {
		out = map[string]any{}
	}
	return out
}

// A deed is one call of a State's method and what it means for the sketch. Both return what the
// call returned.
type deed struct {
	name   string
	call   func(s *State) any
	sketch func(k *sketch) any
}

func anyName(
	t *rapid.T,
) string {
	return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name")
}

func anyValue(t *rapid.T) int64 { return rapid.Int64Range(0, 3).Draw(t, "value") }

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func number(v any) int64 {
	n, _ := v.(int64)
	return n
}

// anyDeed draws a call with its arguments.
func anyDeed(t *rapid.T) deed {
	return rapid.Custom(func(t *rapid.T) deed {
		name, v := anyName(t), anyValue(t)
		remove := func(name string) func(k *sketch) any {
			return func(k *sketch) any {
				old, ok := k.view[name]
				if ok { // what was not there is not removed elsewhere either
					k.do(func(entries map[string]any) { delete(entries, name) })
				}
				return [2]any{old, ok}
			}
		}
		switch rapid.IntRange(0, 10).Draw(t, "deed") {
		case 0:
			return deed{
				"Set",
				func(s *State) any { s.Set(name, v); return nil },
				func(k *sketch) any {
					k.do(func(entries map[string]any) { entries[name] = v })
					return nil
				},
			}
		case 1:
			all := map[string]any{name: v, anyName(t): v + 1}
			return deed{
				"SetAll",
				func(s *State) any { s.SetAll(all); return nil },
				func(k *sketch) any {
					k.do(func(entries map[string]any) { maps.Copy(entries, all) })
					return nil
				},
			}
		case 2:
			return deed{
				"Delete",
				func(s *State) any { return s.Delete(name) },
				func(k *sketch) any { return remove(name)(k).([2]any)[1] },
			}
		case 3:
			return deed{
				"Pop",
				func(s *State) any { old, ok := s.Pop(name); return [2]any{old, ok} },
				remove(name),
			}
		case 4:
			return deed{
				"GetOrSet",
				func(s *State) any { return s.GetOrSet(name, v) },
				func(k *sketch) any {
					if _, ok := k.view[name]; !ok {
						k.do(func(entries map[string]any) {
							if _, ok := entries[name]; !ok { // what somebody else has set stays
								entries[name] = v
							}
						})
					}
					return k.view[name]
				},
			}
		case 5:
			return deed{
				"Modify",
				func(s *State) any { return s.Modify(name, func(old any) any { return number(old)*2 + v }) },
				func(k *sketch) any {
					k.do(
						func(entries map[string]any) { entries[name] = number(entries[name])*2 + v },
					)
					return k.view[name]
				},
			}
		case 6:
			return deed{"Clear", func(s *State) any { s.Clear(); return nil }, func(k *sketch) any {
				known := slices.Collect(maps.Keys(k.view))
				k.do(func(entries map[string]any) {
					for _, name := range known {
						delete(entries, name)
					}
				})
				return nil
			}}
		case 7:
			return deed{
				"Flash",
				func(s *State) any { s.Flash(v); return nil },
				func(k *sketch) any {
					k.do(
						func(entries map[string]any) {
							entries[flashEntry] = append(slices.Clone(list(entries[flashEntry])), v)
						},
					)
					return nil
				},
			}
		case 8:
			return deed{"Flashes", func(s *State) any { return s.Flashes() }, func(k *sketch) any {
				taken := slices.Clone(list(k.view[flashEntry]))
				if len(taken) > 0 {
					k.do(func(entries map[string]any) { dropMessages(entries, taken) })
				}
				return taken
			}}
		case 9:
			return deed{
				"SetExpiry",
				func(s *State) any { s.SetExpiry(time.Duration(v+1) * time.Minute); return nil },
				func(k *sketch) any {
					k.do(func(entries map[string]any) { entries[lifetime.Entry] = (v + 1) * 60 })
					return nil
				},
			}
		default:
			return deed{
				"ResetExpiry",
				func(s *State) any { s.ResetExpiry(); return nil },
				func(k *sketch) any { remove(lifetime.Entry)(k); return nil },
			}
		}
	}).Draw(t, "deed")
}

// dropMessages removes each of the messages once.
func dropMessages(entries map[string]any, taken []any) {
	left := slices.Clone(list(entries[flashEntry]))
	for _, message := range taken {
		if i := slices.Index(left, message); i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
	}
	if len(left) == 0 {
		delete(entries, flashEntry)
	} else {
		entries[flashEntry] = left
	}
}

// perform does a deed to both and compares what it returned and what the session looks like now.
func perform(t *rapid.T, d deed, s *State, k *sketch) {
	t.Helper()
	got, want := d.call(s), d.sketch(k)
	if textOfValue(t, got) != textOfValue(t, want) {
		t.Fatalf("%s returned %v, not %v", d.name, got, want)
	}
	wantEntries(t, d.name, s.entries, k.view)
}

func wantEntries(t *rapid.T, what string, got map[string]json.RawMessage, want map[string]any) {
	t.Helper()
	if got, want := jsontext.Join(got), textOfValue(t, want); got != want {
		t.Fatalf("%s gives %s, not %s", what, got, want)
	}
}

// textOfValue spells values so that equal ones are equal texts; a nil list is one without elements.
func textOfValue(t *rapid.T, v any) string {
	t.Helper()
	if l, ok := v.([]any); ok && l == nil {
		v = []any{}
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// loadedState is a session that has been loaded with these entries, by no database.
func loadedState(t *rapid.T, entries map[string]any) *State {
	t.Helper()
	raw, err := jsontext.Split(textOfValue(t, entries))
	if err != nil {
		t.Fatal(err)
	}
	return &State{
		p:       &Plugin{opts: defaultOptions()},
		key:     "k",
		c:       verdict.Case{Row: verdict.Empty},
		entries: raw,
		row:     engine.Record{Entries: raw},
	}
}

// What a request does to a session gives, replayed on what another has made of it meanwhile, the
// documented merge of both; and replayed on what it had loaded, what it saw itself.
func TestReplayIsTheMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := map[string]any{}
		made := newSketch(base)
		for range rapid.IntRange(0, 6).Draw(t, "deeds before") {
			anyDeed(t).sketch(made)
		}
		base = made.view
		act := func(who string) (*State, *sketch) {
			s, k := loadedState(t, base), newSketch(base)
			for range rapid.IntRange(0, 8).Draw(t, who) {
				perform(t, anyDeed(t), s, k)
			}
			wantEntries(t, "what "+who+" had loaded", s.row.Entries, base)
			return s, k
		}
		theirs, theirSketch := act("their deeds")
		ours, ourSketch := act("our deeds")
		ours.mu.Lock() // as a save does
		defer ours.mu.Unlock()
		alone, err := ours.log.Replay(ours.row.Entries)
		if err != nil {
			t.Fatal(err)
		}
		wantEntries(t, "a replay on what was loaded", alone, ourSketch.view)
		merged, err := ours.log.Replay(theirs.entries)
		if err != nil {
			t.Fatal(err)
		}
		wantEntries(t, "a replay on theirs", merged, ourSketch.merged(theirSketch.view))
		wantEntries(t, "theirs, after our replay,", theirs.entries, theirSketch.view)
	})
}
