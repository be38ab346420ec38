package gormsession

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// A Field is a typed entry of a session. Its value is the entry's name, so that it can be a
// constant:
//
//	const visits = gormsession.Field[int]("visits")
//
// An entry that does not decode into T is never overwritten by accident: Get, Or and Pop take it
// for absent, with a warning, and Modify sets the sticky error. Set replaces it, and Delete removes
// it.
type Field[T any] string

// Get returns the entry and whether there is one.
func (f Field[T]) Get(s *State) (v T, ok bool) {
	raw, err := s.raw(string(f))
	if err != nil || raw == nil {
		return v, false
	}
	if v, err = decodeAs[T](
		raw,
	); err != nil { // without the lock: T's own method may ask the session
		s = s.look()
		defer s.mu.Unlock()
		s.warnOnce(string(f), "gormsession: an entry is of another type than its Field, so it counts "+
			"as absent: "+retype, err)
		return v, false
	}
	return v, true
}

// Or returns the entry, or else if there is none.
func (f Field[T]) Or(s *State, otherwise T) T {
	if v, ok := f.Get(s); ok {
		return v
	}
	return otherwise
}

// Set sets the entry, as [State.Set] does.
func (f Field[T]) Set(s *State, v T) { s.Set(string(f), v) }

// Has reports whether there is an entry of the name, of whatever type.
func (f Field[T]) Has(s *State) bool { return s.Has(string(f)) }

// Delete removes the entry, of whatever type it is.
func (f Field[T]) Delete(s *State) { s.Delete(string(f)) }

// Pop removes the entry and returns what it was, and whether there was one.
func (f Field[T]) Pop(s *State) (v T, ok bool) {
	s.askPrimary()
	if _, ok = f.Get(s); !ok && reserved(string(f)) == nil {
		return v, false
	}
	raw, ok := s.pop(string(f))
	if !ok {
		return v, false
	}
	v, err := decodeAs[T](raw)
	return v, err == nil
}

// Modify computes the entry from what it is, the zero value if there is none (so a nil map, which
// is still to be made), and returns what it has become. It is exact under concurrency, and g may
// run more than once, each time on a value of its own, which it may change: see [State.Modify].
func (f Field[T]) Modify(s *State, g func(T) T) T {
	raw := s.modify(string(f), func(old json.RawMessage, ok bool) (json.RawMessage, error) {
		var v T
		if ok {
			var err error
			if v, err = decodeAs[T](old); err != nil {
				return nil, fmt.Errorf(
					"%w: entry %q is of another type than its Field: %w; %s", ErrEncode, string(f), err, retype,
				)
			}
		}
		return encode(string(f), g(v))
	})
	v, _ := decodeAs[T](raw)
	return v
}

const retype = "give what is new another name, let its type read both forms, or Set it"

// decodeAs decodes a JSON text into a T. null is a T only where T can be nil; into any, numbers
// decode as State.Get's do.
func decodeAs[T any](raw json.RawMessage) (v T, err error) {
	if len(raw) == 0 {
		return v, nil
	}
	switch p := any(&v).(type) {
	case *any:
		*p, err = jsontext.Value(raw)
		return v, err
	case *float64: // NaN and Infinity, which Python writes
		if decoded, err := jsontext.Value(raw); err == nil {
			if float, ok := decoded.(float64); ok {
				*p = float
				return v, nil
			}
		}
	}
	if string(raw) == "null" && !canBeNil(reflect.TypeFor[T]()) {
		return v, fmt.Errorf("null is no %v", reflect.TypeFor[T]())
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		var zero T
		return zero, mismatch(err, reflect.TypeFor[T]())
	}
	return v, nil
}

// mismatch says where an entry is no t. It goes to the log, so it quotes nothing of the entry, as
// errors of encoding/json and of the types' own methods do.
func mismatch(err error, t reflect.Type) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		return fmt.Errorf("%s of %v is no %v", e.Field, t, e.Type)
	}
	return fmt.Errorf("it is no %v", t)
}

func canBeNil(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return true
	}
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}
