package gormsession

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed7368b609/gormsession/internal/lifetime"
)

// warnedBytes is how large a session is before the log says so.
const warnedBytes = 64 << 10

// bounds are how large a session may be. 0 is no bound.
type bounds struct{ bytes, entries, flashes int }

// WithMaxBytes sets how large a session may be: its entries' names and values as JSON, before the
// codec. The default is 1 MiB, and 0 is no bound. What would make it larger is [ErrTooLarge]. One
// that is larger already, as of a site that had no bound before, may still become smaller, and be
// read. The first session of a process with more than 64 KiB is a warning in the log, as each
// request loads all of it.
func WithMaxBytes(n int) Option { return func(o *options) { o.bounds.bytes = n } }

// WithMaxEntries sets how many entries a session may have, beside the library's own. The default is
// 1,000, and 0 is no bound. What would make it more is [ErrTooLarge].
func WithMaxEntries(n int) Option { return func(o *options) { o.bounds.entries = n } }

// WithMaxFlashes sets how many messages of [State.Flash] may wait for [State.Flashes]. The default
// is 100, and 0 is no bound. One more is [ErrTooLarge].
func WithMaxFlashes(n int) Option { return func(o *options) { o.bounds.flashes = n } }

func (o *options) checkBounds() error {
	if b := o.bounds; b.bytes < 0 || b.entries < 0 || b.flashes < 0 {
		return errors.New("WithMaxBytes, WithMaxEntries and WithMaxFlashes take no negative " +
			"number; 0 is no bound")
	}
	return nil
}

// admit refuses entries of that number and size, unless there were as many, or as much, before.
func (b bounds) admit(entries, before map[string]json.RawMessage, n, size int) error {
	if n <= b.entries && size <= b.bytes {
		return nil
	}
	had, large := sizeOf(before)
	if b.entries > 0 && n > max(b.entries, had) {
		return fmt.Errorf("%w: it would have %d entries, and WithMaxEntries allows %d: %s",
			ErrTooLarge, n, b.entries, elsewhere)
	}
	if b.bytes > 0 && size > max(b.bytes, large) {
		largest := ""
		for name, raw := range entries {
			if there, ok := entries[largest]; !ok || len(raw) > len(there) {
				largest = name
			}
		}
		return fmt.Errorf("%w: it would have %d bytes, %d of them in entry %q, and WithMaxBytes "+
			"allows %d: %s", ErrTooLarge, size, len(entries[largest]), largest, b.bytes, elsewhere)
	}
	return nil
}

const elsewhere = "keep what is large in a table of your own, and its identifier here"

// sizeOf is the number of entries and their size as JSON, but for the escapes of names, and without
// what the library itself notes at a login: that must not end a session that was full before.
// Messages have a bound of their own, and are no entry more.
func sizeOf(entries map[string]json.RawMessage) (n, size int) {
	for name, raw := range entries {
		switch name {
		case lifetime.Entry, lifetime.StartEntry, userEntry, deviceEntry, rotationEntry:
			continue
		case flashEntry:
		default:
			n++
		}
		size += len(name) + len(raw) + len(`"":,`)
	}
	return n, size
}

// admit is that of the bounds, for what this request makes of the entries. mu is held.
func (s *State) admit(entries, before map[string]json.RawMessage) error {
	n, size := sizeOf(entries)
	err := s.p.opts.bounds.admit(entries, before, n, size)
	if err == nil && size > warnedBytes {
		s.p.large.Do(func() {
			s.warn("gormsession: a session has more than 64 KiB, all of which is loaded and "+
				"saved by each request that uses it; this is said once", "bytes", size,
				"path", s.path)
		})
	}
	return err
}
