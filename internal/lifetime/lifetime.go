// Package lifetime says how long a session lives: by the settings, and by the entry in which a
// session keeps a lifetime of its own, in Django's form.
package lifetime

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/instant"
	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// Entry is the entry that holds a lifetime of a session's own, as in Django.
const Entry = "_session_expiry"

// A Lifetime is how long a session lives from a save on: an age, or a fixed instant.
type Lifetime struct {
	Age     time.Duration
	Instant time.Time // fixed if not zero
	Browser bool      // the cookie ends with the browser
}

// Settings are what a session lives by that has no lifetime of its own.
type Settings struct {
	Age     time.Duration
	Browser bool          // the cookie ends with the browser
	Step    time.Duration // to which the end of a session that lives Age is rounded up; 0: it is not
	// Absolute bounds a session's whole life; 0: nothing does.
	Absolute time.Duration
	Starts   bool // the entry that says when a session began is wanted all the same
}

// DefaultStep is the step for sessions that live so long: a save within it moves no expire_date.
func DefaultStep(age time.Duration) time.Duration {
	return max(min(age/64, longestStep), time.Second)
}

// longestStep has whoever comes often get another cookie long before browsers drop the last one.
const longestStep = maxCookieAge / 4

// MaxAge bounds ages that are read, so that dates stay within the four digits of a year that
// databases hold.
const MaxAge = 250 * 365 * 24 * time.Hour

var errExpiry = errors.New(
	"the entry _session_expiry holds neither a number of seconds nor an ISO 8601 date with its " +
		"offset from UTC",
)

// Of reads _session_expiry by Django's rules (SessionBase.get_expiry_age, get_expiry_date,
// get_expire_at_browser_close): absent and null mean the default; 0 means the default, until the
// browser closes; another number is an age in seconds; a text is an instant.
func (s Settings) Of(entries map[string]json.RawMessage) (Lifetime, error) {
	standard := Lifetime{Age: s.Age, Browser: s.Browser}
	raw, ok := entries[Entry]
	if !ok {
		return standard, nil
	}
	value, err := jsontext.Value(raw)
	if err != nil {
		return standard, errExpiry
	}
	var seconds float64
	switch value := value.(type) {
	case nil:
		return standard, nil
	case bool: // Python counts False as 0 and True as 1
		if value {
			seconds = 1
		}
	case int64:
		seconds = float64(value)
	case float64:
		seconds = value
	case string:
		if value == "" { // an age in Django, but not a date; the default is what remains
			return Lifetime{Age: s.Age}, nil
		}
		instant, err := parseInstant(value, nil)
		if err != nil {
			return standard, errExpiry
		}
		return Lifetime{Instant: instant}, nil
	default:
		return standard, errExpiry
	}
	if seconds == 0 {
		return Lifetime{Age: s.Age, Browser: true}, nil
	}
	if math.IsNaN(seconds) || math.Abs(seconds) > MaxAge.Seconds() {
		return standard, errExpiry
	}
	return Lifetime{Age: time.Duration(seconds * float64(time.Second))}, nil
}

// AgeAt is how much of the lifetime is left at now, for a session that is saved at now.
func (l Lifetime) AgeAt(now time.Time) time.Duration {
	if !l.Instant.IsZero() {
		return l.Instant.Sub(now)
	}
	return l.Age
}

// DateAt is when a session ends that is saved at now.
func (l Lifetime) DateAt(now time.Time) time.Time {
	if !l.Instant.IsZero() {
		return l.Instant
	}
	return now.Add(l.Age)
}

// ExpireDate is the expire_date to store at now: DateAt rounded up to a step, which is in
// proportion to the age and of whole seconds. Ages of zero and less and fixed instants are not
// rounded. A save inside of a step then leaves the indexed column as it is.
func (s Settings) ExpireDate(l Lifetime, now time.Time) time.Time {
	date := l.DateAt(now).UTC().Truncate(time.Microsecond)
	if s.Step == 0 || !l.Instant.IsZero() || l.Age <= 0 {
		return date
	}
	const noise = 1e-6 // of the division, which must not make 18,900 s 18,901
	step := max(int64(math.Ceil(l.Age.Seconds()*s.Step.Seconds()/s.Age.Seconds()-noise)), 1)
	step = min(step, int64(max(longestStep, s.Step)/time.Second))
	seconds := date.Unix()
	if date.Nanosecond() > 0 {
		seconds++
	}
	if over := seconds % step; over > 0 {
		seconds += step - over
	}
	return time.Unix(seconds, 0).UTC()
}

// SecondsText is an age as _session_expiry holds it: an integer where it is one, as Django's
// set_expiry(60) writes it.
func SecondsText(age time.Duration) json.RawMessage {
	if age%time.Second == 0 {
		return strconv.AppendInt(nil, int64(age/time.Second), 10)
	}
	return strconv.AppendFloat(nil, age.Seconds(), 'f', -1, 64)
}

// InstantText is an instant as _session_expiry holds it since Django 4.1: datetime.isoformat() in
// UTC, or, where the table's clock hangs in loc (a Django with USE_TZ=False, which cannot read an
// offset), of the wall clock there. Fractions have six digits or none: Python before 3.11 reads no
// others.
func InstantText(t time.Time, loc *time.Location) json.RawMessage {
	layout, offset := `"2006-01-02T15:04:05`, `+00:00"`
	if t.Nanosecond()/1000 > 0 {
		layout += ".000000"
	}
	if loc == nil {
		loc = time.UTC
	} else {
		offset = `"`
	}
	return t.In(loc).Truncate(time.Microsecond).AppendFormat(nil, layout+offset)
}

// parseInstant reads what datetime.isoformat() writes, with an offset, or without one where there
// is a loc; Z and offsets without a colon too, as Python does since 3.11.
func parseInstant(s string, loc *time.Location) (time.Time, error) {
	s = strings.Replace(s, " ", "T", 1)
	for _, layout := range []string{
		"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700",
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00:00",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	if loc != nil {
		if t, err := time.Parse("2006-01-02T15:04:05", s); err == nil {
			return instant.OnWall(t, loc), nil
		}
	}
	return time.Time{}, errExpiry
}

// Stored returns entries as a table holds them whose clock hangs in zone: there an instant in the
// entry has no offset from UTC. It means the same in every table. nil: nothing is done.
func Stored(
	entries map[string]json.RawMessage, zone *time.Location,
) map[string]json.RawMessage {
	return respelled(entries, zone, zone)
}

// Loaded returns what Stored has made, with the offset.
func Loaded(
	entries map[string]json.RawMessage, zone *time.Location,
) map[string]json.RawMessage {
	return respelled(entries, zone, nil)
}

func respelled(
	entries map[string]json.RawMessage, zone, as *time.Location,
) map[string]json.RawMessage {
	if zone == nil {
		return entries
	}
	var text string
	if json.Unmarshal(entries[Entry], &text) != nil {
		return entries
	}
	instant, err := parseInstant(text, zone)
	if err != nil {
		return entries // Of tells
	}
	entries = maps.Clone(entries)
	entries[Entry] = InstantText(instant, as)
	return entries
}
