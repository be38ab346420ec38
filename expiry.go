package gormsession

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// expiryEntry is the entry that holds a lifetime of a session's own, as in Django.
const expiryEntry = "_session_expiry"

// lifetime is how long a session lives from a save on: an age, or a fixed instant.
type lifetime struct {
	age     time.Duration
	instant time.Time // fixed if not zero
	browser bool      // the cookie ends with the browser
}

// maxAge bounds ages that are read, so that dates stay within the four digits of a year that
// databases hold.
const maxAge = 250 * 365 * 24 * time.Hour

var errExpiry = errors.New(
	"the entry _session_expiry holds neither a number of seconds nor an ISO 8601 date with its " +
		"offset from UTC",
)

// lifetimeOf reads _session_expiry by Django's rules (SessionBase.get_expiry_age, get_expiry_date,
// get_expire_at_browser_close): absent and null mean the default; 0 means the default, until the
// browser closes; another number is an age in seconds; a text is an instant.
func (o *options) lifetimeOf(entries map[string]json.RawMessage) (lifetime, error) {
	standard := lifetime{age: o.lifetime, browser: o.browserSession}
	raw, ok := entries[expiryEntry]
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
			return lifetime{age: o.lifetime}, nil
		}
		instant, err := parseInstant(value, nil)
		if err != nil {
			return standard, errExpiry
		}
		return lifetime{instant: instant}, nil
	default:
		return standard, errExpiry
	}
	if seconds == 0 {
		return lifetime{age: o.lifetime, browser: true}, nil
	}
	if math.IsNaN(seconds) || math.Abs(seconds) > maxAge.Seconds() {
		return standard, errExpiry
	}
	return lifetime{age: time.Duration(seconds * float64(time.Second))}, nil
}

// ageAt is how much of the lifetime is left at now, for a session that is saved at now.
func (l lifetime) ageAt(now time.Time) time.Duration {
	if !l.instant.IsZero() {
		return l.instant.Sub(now)
	}
	return l.age
}

// dateAt is when a session ends that is saved at now.
func (l lifetime) dateAt(now time.Time) time.Time {
	if !l.instant.IsZero() {
		return l.instant
	}
	return now.Add(l.age)
}

// expireDate is the expire_date to store at now: dateAt rounded up to a step, which is in
// proportion to the age and of whole seconds. Ages of zero and less and fixed instants are not
// rounded. A save inside of a step then leaves the indexed column as it is.
func (o *options) expireDate(l lifetime, now time.Time) time.Time {
	date := l.dateAt(now).UTC().Truncate(time.Microsecond)
	if o.step == 0 || !l.instant.IsZero() || l.age <= 0 {
		return date
	}
	const noise = 1e-6 // of the division, which must not make 18,900 s 18,901
	step := max(int64(math.Ceil(l.age.Seconds()*o.step.Seconds()/o.lifetime.Seconds()-noise)), 1)
	seconds := date.Unix()
	if date.Nanosecond() > 0 {
		seconds++
	}
	if over := seconds % step; over > 0 {
		seconds += step - over
	}
	return time.Unix(seconds, 0).UTC()
}

// secondsText is an age as _session_expiry holds it: an integer where it is one, as Django's
// set_expiry(60) writes it.
func secondsText(age time.Duration) json.RawMessage {
	if age%time.Second == 0 {
		return strconv.AppendInt(nil, int64(age/time.Second), 10)
	}
	return strconv.AppendFloat(nil, age.Seconds(), 'f', -1, 64)
}

// instantText is an instant as _session_expiry holds it since Django 4.1: datetime.isoformat() in
// UTC, or, where the table's clock hangs in loc (a Django with USE_TZ=False, which cannot read an
// offset), of the wall clock there. Fractions have six digits or none: Python before 3.11 reads no
// others.
func instantText(t time.Time, loc *time.Location) json.RawMessage {
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
		if t, err := time.ParseInLocation("2006-01-02T15:04:05", s, loc); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errExpiry
}
