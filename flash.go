package gormsession

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/seed7368b609/gormsession/internal/changes"
	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// flashEntry is the entry that holds the messages of Flash.
const flashEntry = "_flashes"

var errNoList = errors.New("the entry holds no list")

// Flash adds a message that the next call of Flashes returns, in this request or in a later one:
// what a page shows once. It takes the values that [State.Set] takes, and gives back what
// [State.Get] does: a struct becomes a map. Messages that two requests add at once are both kept.
func (s *State) Flash(v any) {
	raw, err := encode(flashEntry, v)
	s = s.enter()
	defer s.mu.Unlock()
	if err != nil {
		s.refuse(flashEntry, err)
		return
	}
	s.change(
		flashEntry,
		changes.By(flashEntry, func(old json.RawMessage, _ bool) (json.RawMessage, error) {
			list, err := flashList(old)
			if err != nil {
				return nil, fmt.Errorf("%w: entry %q: %w", ErrEncode, flashEntry, err)
			}
			if most := s.p.opts.bounds.flashes; most > 0 && len(list) >= most {
				return nil, fmt.Errorf("%w: %d messages wait for Flashes, and WithMaxFlashes "+
					"allows %d: show them by Flashes", ErrTooLarge, len(list)+1, most)
			}
			return jsontext.JoinList(append(list, raw)), nil
		}),
	)
}

// Flashes returns the messages of Flash, oldest first, and removes them. It changes the session
// only if there are any. Messages that another request adds at the same time stay for the next
// call.
func (s *State) Flashes() []any {
	taken := s.takeFlashes()
	if len(taken) == 0 {
		return nil
	}
	messages := make([]any, len(taken))
	for i, raw := range taken {
		messages[i] = s.decoded(flashEntry, raw)
	}
	return messages
}

func (s *State) takeFlashes() []json.RawMessage {
	s = s.enter()
	defer s.mu.Unlock()
	if !s.loadPrimary() || len(s.entries[flashEntry]) == 0 {
		return nil
	}
	taken, err := flashList(s.entries[flashEntry])
	if err != nil {
		s.warnOnce(flashEntry, "gormsession: flash messages cannot be read", err)
		return nil
	}
	if !s.change(
		flashEntry,
		changes.By(flashEntry, func(old json.RawMessage, _ bool) (json.RawMessage, error) {
			list, err := flashList(old)
			if err != nil {
				return old, nil // somebody else's now
			}
			if list = without(list, taken); len(list) == 0 {
				return nil, nil
			}
			return jsontext.JoinList(list), nil
		}),
	) {
		return nil
	}
	return taken
}

func flashList(raw json.RawMessage) (list []json.RawMessage, err error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &list); err != nil || list == nil {
		return nil, errNoList
	}
	return list, nil
}

// without removes each of taken once from list.
func without(list, taken []json.RawMessage) []json.RawMessage {
	counts := make(map[string]int, len(taken))
	for _, t := range taken {
		counts[string(t)]++
	}
	return slices.DeleteFunc(slices.Clone(list), func(raw json.RawMessage) bool {
		taken := counts[string(raw)] > 0
		if taken {
			counts[string(raw)]--
		}
		return taken
	})
}
