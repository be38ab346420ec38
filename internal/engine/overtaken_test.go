package engine

import (
	"encoding/json"
	"testing"
)

// A save is overtaken where one of the entries that it was to change is neither as it was nor as it
// was to be, whatever way of writing a jsonb column has; others' entries are nothing to it.
func TestOvertaken(t *testing.T) {
	type entries = map[string]json.RawMessage
	text := func(v string) json.RawMessage { return json.RawMessage(v) }
	for name, c := range map[string]struct {
		from, to, now entries
		want          bool
	}{
		"nothing was done": {entries{"a": text("1")}, entries{"a": text("2")},
			entries{"a": text("1")}, false},
		"it was done": {entries{"a": text("1")}, entries{"a": text("2")},
			entries{"a": text("2")}, false},
		"somebody has set it": {entries{"a": text("1")}, entries{"a": text("2")},
			entries{"a": text("3")}, true},
		"somebody has deleted it": {entries{"a": text("1")}, entries{"a": text("2")},
			entries{}, true},
		"a deletion, and somebody has set it": {entries{"a": text("1")}, entries{},
			entries{"a": text("3")}, true},
		"somebody has set another one": {entries{"b": text("1")}, entries{"a": text("2"), "b": text("1")},
			entries{"b": text("3")}, false},
		"as jsonb writes it": {entries{}, entries{"a": text(`{"x":1,"y":2}`)},
			entries{"a": text(`{"y": 2, "x": 1}`)}, false},
		"numbers that are one float64": {entries{"a": text("9007199254740992")},
			entries{"a": text("1")}, entries{"a": text("9007199254740993")}, true},
	} {
		if got := Overtaken(c.from, c.to, c.now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
