package gormsession

import (
	"encoding/json"
	"fmt"
)

// Take removes the entry and returns what it was, and whether there was one, and has that saved
// when it returns: of any number of requests at once exactly one gets the entry. It is for what
// counts once, such as a token, the state of an OAuth round trip, or a coupon. What the request has
// changed before is saved with it, as [State.Save] does, and costs the same. An entry of another
// type is left alone, with a warning, as by Get.
//
// Where it could not be saved, or is not known to be, nobody is told that it has the entry: Take
// reports none, the error sticks to the session, nothing more of which is saved, and the response
// is the error's. Pop does without the save, and two requests at once may both get the entry.
func (f Field[T]) Take(s *State) (v T, ok bool) {
	s.askPrimary()
	if _, ok = f.Get(s); !ok || !s.isStored() { // nobody else can have it
		return f.Pop(s)
	}
	var none, taken T
	there := false // as the last run has it: another goroutine's, where the save has failed
	s.modify(string(f), func(old json.RawMessage, has bool) (_ json.RawMessage, err error) {
		if taken, there = none, has; !has {
			return nil, nil // another request was quicker
		}
		if taken, err = decodeAs[T](old); err != nil {
			return nil, fmt.Errorf(
				"%w: entry %q is of another type than its Field: %w; %s", ErrEncode, string(f), err, retype,
			)
		}
		return nil, nil
	})
	if !s.saveOrFail() {
		return none, false
	}
	return taken, there
}

// isStored tells whether the session has a row, as far as this request knows.
func (s *State) isStored() bool {
	s = s.look()
	defer s.mu.Unlock()
	return s.load() && s.key != ""
}

// saveOrFail is Save with an error that sticks.
func (s *State) saveOrFail() bool {
	err := s.Save()
	if err == nil {
		return true
	}
	s = s.enter()
	defer s.mu.Unlock()
	s.fail(err)
	return false
}
