package gormsession

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed7368b609/gormsession/internal/layout"
)

func optionsOf(t interface{ Fatal(...any) }, opts ...Option) *options {
	o, err := newOptions(opts)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func anyInstant(t *rapid.T, label string) time.Time {
	return time.UnixMicro(rapid.Int64Range(0, 4_000_000_000_000_000).Draw(t, label)).UTC() // 1970 to 2096
}

// expire_date is never earlier than the session's end and at most a step later, of whole seconds, and never moves back.
func TestExpireDateIsRoundedUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		standard := time.Duration(rapid.Int64Range(1, 500*24*3600).Draw(t, "lifetime in seconds")) * time.Second
		o := optionsOf(t, WithLifetime(standard))
		if rapid.Bool().Draw(t, "own step") {
			step := time.Duration(rapid.Int64Range(1, int64(standard/time.Second)).Draw(t, "step in seconds")) * time.Second
			o = optionsOf(t, WithLifetime(standard), WithExpiryStep(step))
		}
		age := standard
		if rapid.Bool().Draw(t, "own age") {
			age = time.Duration(rapid.Int64Range(1, int64(10*standard)).Draw(t, "age"))
		}
		now := anyInstant(t, "now")
		got, end := o.expireDate(lifetime{age: age}, now), now.Add(age).Truncate(time.Microsecond)
		step := time.Duration(math.Ceil(age.Seconds()*o.step.Seconds()/standard.Seconds())) * time.Second
		if got.Before(end) || got.After(end.Add(step)) || got.Nanosecond() != 0 || got.Location() != time.UTC {
			t.Fatalf("%v after %v is %v, with a step of %v", age, now, got, step)
		}
		later := now.Add(time.Duration(rapid.Int64Range(0, int64(2*age)).Draw(t, "pause")))
		if next := o.expireDate(lifetime{age: age}, later); next.Before(got) {
			t.Fatalf("at %v it is %v, and at %v it is %v", now, got, later, next)
		}
	})
}

// A session that is renewed all the time gets a new expire_date 64 times in its lifetime, at most.
func TestExpireDateMovesInSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		standard := time.Duration(rapid.Int64Range(64, 100*24*3600).Draw(t, "lifetime in seconds")) * time.Second
		o, now := optionsOf(t, WithLifetime(standard)), anyInstant(t, "now")
		age := standard * time.Duration(rapid.Int64Range(1, 8).Draw(t, "lifetimes"))
		dates := map[time.Time]bool{}
		for i := range 1000 {
			dates[o.expireDate(lifetime{age: age}, now.Add(age/1000*time.Duration(i)))] = true
		}
		// A step is of whole seconds, so a short one is up to twice as long as the 64th part.
		if len(dates) > 65 || len(dates) < 33 {
			t.Fatalf("%v of a lifetime of %v: %d dates, 33 to 65 wanted", age, standard, len(dates))
		}
	})
}

// Ages of zero and less, fixed instants, and all ages where there is no step stay as they are, to the microsecond.
func TestExpireDateIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, at := anyInstant(t, "now"), anyInstant(t, "instant")
		age := time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "age")).Truncate(time.Microsecond)
		rounded, exact := optionsOf(t), optionsOf(t, WithExpiryStep(0))
		for _, c := range []struct {
			o    *options
			l    lifetime
			want time.Time
		}{
			{rounded, lifetime{age: -age}, now.Add(-age)}, {rounded, lifetime{instant: at}, at}, {exact, lifetime{age: age}, now.Add(age)}, {exact, lifetime{instant: at}, at},
		} {
			if got := c.o.expireDate(c.l, now); !got.Equal(c.want) {
				t.Fatalf("%+v at %v is %v, not %v", c.l, now, got, c.want)
			}
		}
	})
}

func TestLifetimeOf(t *testing.T) {
	o := optionsOf(t, WithLifetime(time.Hour), WithBrowserSession())
	standard := lifetime{age: time.Hour, browser: true}
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for raw, want := range map[string]lifetime{
		"null": standard, "60": {age: time.Minute}, "60.5": {age: 60*time.Second + 500*time.Millisecond}, "6e1": {age: time.Minute}, "-1": {age: -time.Second},
		"0": {age: time.Hour, browser: true}, "0.0": {age: time.Hour, browser: true}, "-0": {age: time.Hour, browser: true}, "false": {age: time.Hour, browser: true},
		"true": {age: time.Second}, `""`: {age: time.Hour},
		`"2030-01-02T03:04:05+00:00"`: {instant: at}, `"2030-01-02 03:04:05Z"`: {instant: at}, `"2030-01-02T05:04:05+02:00"`: {instant: at}, `"2030-01-02T03:04:05.000000+0000"`: {instant: at},
	} {
		got, err := o.lifetimeOf(map[string]json.RawMessage{expiryEntry: json.RawMessage(raw)})
		if err != nil || got.age != want.age || got.browser != want.browser || !got.instant.Equal(want.instant) {
			t.Errorf("%s is %+v, %v, not %+v", raw, got, err, want)
		}
	}
	if got, err := o.lifetimeOf(nil); err != nil || got != standard {
		t.Errorf("nothing is %+v, %v", got, err)
	}
	for _, raw := range []string{"[]", "{}", `"soon"`, `"2030-01-02"`, `"2030-01-02T03:04:05"`, `"2030-13-02T03:04:05Z"`, "NaN", "Infinity", "-Infinity", "1e300", "1e400", "-1e12",
		"123456789012345678901234567890", "9223372036854775807", "not JSON"} {
		if got, err := o.lifetimeOf(map[string]json.RawMessage{expiryEntry: json.RawMessage(raw)}); err == nil || got != standard {
			t.Errorf("%s is %+v, %v, not the standard and an error", raw, got, err)
		}
	}
}

// What the setters write is read as what was set.
func TestExpiryEntryRoundTrip(t *testing.T) {
	o := optionsOf(t)
	read := func(t *rapid.T, raw json.RawMessage) lifetime {
		l, err := o.lifetimeOf(map[string]json.RawMessage{expiryEntry: raw})
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		return l
	}
	rapid.Check(t, func(t *rapid.T) {
		age := time.Duration(rapid.Int64Range(-int64(maxAge), int64(maxAge)).Draw(t, "age"))
		if rapid.Bool().Draw(t, "whole seconds") {
			age = age.Truncate(time.Second)
		}
		if age == 0 {
			return // until the browser closes
		}
		if got := read(t, secondsText(age)).age; math.Abs(float64(got-age)) > float64(time.Microsecond) {
			t.Fatalf("%v is written as %s, and read as %v", age, secondsText(age), got)
		}
		at := anyInstant(t, "instant").In(time.FixedZone("", rapid.IntRange(-12*3600, 14*3600).Draw(t, "offset")))
		text := instantText(at, nil)
		if got := read(t, text).instant; !got.Equal(at) {
			t.Fatalf("%v is written as %s, and read as %v", at, text, got)
		}
		if n := len(text); n != len(`"2006-01-02T15:04:05+00:00"`) && n != len(`"2006-01-02T15:04:05.000000+00:00"`) {
			t.Fatalf("Python before 3.11 cannot read %s", text)
		}
	})
}

// A clock on the wall of a zone is put up and taken down again, but for the hour that a zone's change of time shows twice.
func TestWallClock(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	s := &store{dialect: dialects["sqlite"], layout: layout.Layout{Location: loc}}
	rapid.Check(t, func(t *rapid.T) {
		at := anyInstant(t, "instant")
		if before, after := at.Add(-time.Hour).In(loc).Format("15:04"), at.Add(time.Hour).In(loc).Format("15:04"); before == at.In(loc).Format("15:04") || after == at.In(loc).Format("15:04") {
			return
		}
		if got := s.expireOf(s.expireArg(at)); !got.Equal(at) {
			t.Fatalf("%v is %v in a row, and read as %v", at, s.expireArg(at), got)
		}
	})
}
