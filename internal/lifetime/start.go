package lifetime

import (
	"encoding/json"
	"maps"
	"strconv"
	"time"
)

// StartEntry is the entry that says when a session with an absolute lifetime began, or when its
// user has logged in: in microseconds since 1970. Django passes it on.
const StartEntry = "_session_start"

// StartText is an instant as StartEntry holds it.
func StartText(t time.Time) json.RawMessage { return strconv.AppendInt(nil, t.UnixMicro(), 10) }

// Start returns what StartEntry says. An entry that cannot be read counts as missing, so that it is
// written anew.
func Start(entries map[string]json.RawMessage) (start time.Time, ok bool) {
	micros, err := strconv.ParseInt(string(entries[StartEntry]), 10, 64)
	return time.UnixMicro(micros).UTC(), err == nil
}

// Started returns entries of which StartEntry says when the session began: now, where it says
// nothing. Where nobody asks for it, and of no entries, it is not written.
func (s Settings) Started(
	entries map[string]json.RawMessage, now time.Time,
) map[string]json.RawMessage {
	if s.IsStarted(entries) {
		return entries
	}
	entries = maps.Clone(entries)
	entries[StartEntry] = StartText(now)
	return entries
}

// IsStarted tells whether Started has nothing to add.
func (s Settings) IsStarted(entries map[string]json.RawMessage) bool {
	if s.Absolute == 0 && !s.Starts || len(entries) == 0 {
		return true
	}
	_, ok := Start(entries)
	return ok
}

// Bound is an end of these entries' session that is no later than the absolute one.
func (s Settings) Bound(entries map[string]json.RawMessage, end time.Time) time.Time {
	if last, ok := s.last(entries); ok && last.Before(end) {
		return last
	}
	return end
}

// IsOver tells whether the absolute lifetime has ended, whatever another writer of the row says.
func (s Settings) IsOver(entries map[string]json.RawMessage, now time.Time) bool {
	last, ok := s.last(entries)
	return ok && !now.Before(last)
}

func (s Settings) last(entries map[string]json.RawMessage) (end time.Time, ok bool) {
	if s.Absolute == 0 {
		return time.Time{}, false
	}
	start, ok := Start(entries)
	return start.Add(s.Absolute), ok
}
