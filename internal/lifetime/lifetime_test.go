package lifetime

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// lives are the settings of a site that sets a lifetime and no step.
func lives(age time.Duration) Settings { return Settings{Age: age, Step: DefaultStep(age)} }

func anyInstant(t *rapid.T, label string) time.Time {
	return time.UnixMicro(rapid.Int64Range(0, 4_000_000_000_000_000).Draw(t, label)).
		UTC()
	// 1970 to 2096
}

// expire_date is never earlier than the session's end and at most a step later, of whole seconds,
// and never moves back.
func TestExpireDateIsRoundedUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		standard := time.Duration(
			rapid.Int64Range(1, 500*24*3600).Draw(t, "lifetime in seconds"),
		) * time.Second
		o := lives(standard)
		if rapid.Bool().Draw(t, "own step") {
			step := time.Duration(
				rapid.Int64Range(1, int64(standard/time.Second)).Draw(t, "step in seconds"),
			) * time.Second
			o = Settings{Age: standard, Step: step}
		}
		age := standard
		if rapid.Bool().Draw(t, "own age") {
			age = time.Duration(rapid.Int64Range(1, int64(10*standard)).Draw(t, "age"))
		}
		now := anyInstant(t, "now")
		got, end := o.ExpireDate(Lifetime{Age: age}, now), now.Add(age).Truncate(time.Microsecond)
		step := time.Duration(
			math.Ceil(age.Seconds()*o.Step.Seconds()/standard.Seconds()),
		) * time.Second
		if got.Before(end) || got.After(end.Add(step)) || got.Nanosecond() != 0 ||
			got.Location() != time.UTC {
			t.Fatalf("%v after %v is %v, with a step of %v", age, now, got, step)
		}
		later := now.Add(time.Duration(rapid.Int64Range(0, int64(2*age)).Draw(t, "pause")))
		if next := o.ExpireDate(Lifetime{Age: age}, later); next.Before(got) {
			t.Fatalf("at %v it is %v, and at %v it is %v", now, got, later, next)
		}
	})
}

// A session that is renewed all the time gets a new expire_date 64 times in its lifetime, at most.
func TestExpireDateMovesInSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		standard := time.Duration(
			rapid.Int64Range(64, 100*24*3600).Draw(t, "lifetime in seconds"),
		) * time.Second
		o, now := lives(standard), anyInstant(t, "now")
		age := standard * time.Duration(rapid.Int64Range(1, 8).Draw(t, "lifetimes"))
		dates := map[time.Time]bool{}
		for i := range 1000 {
			dates[o.ExpireDate(Lifetime{Age: age}, now.Add(age/1000*time.Duration(i)))] = true
		}
		// A step is of whole seconds, so a short one is up to twice as long as the 64th part.
		if len(dates) > 65 || len(dates) < 33 {
			t.Fatalf("%v of a lifetime of %v: %d dates, 33 to 65 wanted", age, standard, len(dates))
		}
	})
}

// Ages of zero and less, fixed instants, and all ages where there is no step stay as they are, to
// the microsecond.
func TestExpireDateIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, at := anyInstant(t, "now"), anyInstant(t, "instant")
		age := time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "age")).
			Truncate(time.Microsecond)
		rounded, exact := lives(14*24*time.Hour), Settings{Age: 14 * 24 * time.Hour}
		for _, c := range []struct {
			o    Settings
			l    Lifetime
			want time.Time
		}{
			{rounded, Lifetime{Age: -age}, now.Add(-age)}, {rounded, Lifetime{Instant: at}, at},
			{exact, Lifetime{Age: age}, now.Add(age)}, {exact, Lifetime{Instant: at}, at},
		} {
			if got := c.o.ExpireDate(c.l, now); !got.Equal(c.want) {
				t.Fatalf("%+v at %v is %v, not %v", c.l, now, got, c.want)
			}
		}
	})
}

func TestLifetimeOf(t *testing.T) {
	o := Settings{Age: time.Hour, Browser: true}
	standard := Lifetime{Age: time.Hour, Browser: true}
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for raw, want := range map[string]Lifetime{
		"null": standard, "60": {Age: time.Minute}, "60.5": {Age: 60*time.Second + 500*time.Millisecond},
		"6e1": {Age: time.Minute}, "-1": {Age: -time.Second},
		"0": {Age: time.Hour, Browser: true}, "0.0": {Age: time.Hour, Browser: true},
		"-0": {Age: time.Hour, Browser: true}, "false": {Age: time.Hour, Browser: true},
		"true": {Age: time.Second}, `""`: {Age: time.Hour},
		`"2030-01-02T03:04:05+00:00"`: {Instant: at}, `"2030-01-02 03:04:05Z"`: {Instant: at}, `"2030-01-02T05:04:05+02:00"`: {Instant: at}, `"2030-01-02T03:04:05.000000+0000"`: {Instant: at},
	} {
		got, err := o.Of(map[string]json.RawMessage{Entry: json.RawMessage(raw)})
		if err != nil || got.Age != want.Age || got.Browser != want.Browser ||
			!got.Instant.Equal(want.Instant) {
			t.Errorf("%s is %+v, %v, not %+v", raw, got, err, want)
		}
	}
	if got, err := o.Of(nil); err != nil || got != standard {
		t.Errorf("nothing is %+v, %v", got, err)
	}
	for _, raw := range []string{"[]", "{}", `"soon"`, `"2030-01-02"`, `"2030-01-02T03:04:05"`, `"2030-13-02T03:04:05Z"`, "NaN", "Infinity", "-Infinity", "1e300", "1e400", "-1e12",
		"123456789012345678901234567890", "9223372036854775807", "not JSON"} {
		if got, err := o.Of(
			map[string]json.RawMessage{Entry: json.RawMessage(raw)},
		); err == nil ||
			got != standard {
			t.Errorf("%s is %+v, %v, not the standard and an error", raw, got, err)
		}
	}
}

// What the setters write is read as what was set.
func TestExpiryEntryRoundTrip(t *testing.T) {
	o := lives(14 * 24 * time.Hour)
	read := func(t *rapid.T, raw json.RawMessage) Lifetime {
		l, err := o.Of(map[string]json.RawMessage{Entry: raw})
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		return l
	}
	rapid.Check(t, func(t *rapid.T) {
		age := time.Duration(rapid.Int64Range(-int64(MaxAge), int64(MaxAge)).Draw(t, "age"))
		if rapid.Bool().Draw(t, "whole seconds") {
			age = age.Truncate(time.Second)
		}
		if age == 0 {
			return // until the browser closes
		}
		if got := read(
			t,
			SecondsText(age),
		).Age; math.Abs(
			float64(got-age),
		) > float64(
			time.Microsecond,
		) {
			t.Fatalf("%v is written as %s, and read as %v", age, SecondsText(age), got)
		}
		at := anyInstant(
			t,
			"instant",
		).In(time.FixedZone("", rapid.IntRange(-12*3600, 14*3600).Draw(t, "offset")))
		text := InstantText(at, nil)
		if got := read(t, text).Instant; !got.Equal(at) {
			t.Fatalf("%v is written as %s, and read as %v", at, text, got)
		}
		if n := len(
			text,
		); n != len(`"2006-01-02T15:04:05+00:00"`) &&
			n != len(`"2006-01-02T15:04:05.000000+00:00"`) {
			t.Fatalf("Python before 3.11 cannot read %s", text)
		}
	})
}
