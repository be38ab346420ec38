package lifetime

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The cookie of a moving lifetime outlives its row by one lifetime, that of an instant ends with
// it, neither ends before it, and no browser is asked for more than 400 days.
func TestCookieAge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		standard := time.Duration(rapid.Int64Range(1, 3*365*24*3600).Draw(t,
			"lifetime in seconds")) * time.Second
		o, now := lives(standard), anyInstant(t, "now")
		l := Lifetime{Age: standard}
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 1:
			l.Age = time.Duration(rapid.Int64Range(1, int64(3*standard)).Draw(t, "age"))
		case 2:
			l = Lifetime{
				Instant: now.Add(time.Duration(rapid.Int64Range(1, int64(3*standard)).Draw(t,
					"left"))).Truncate(time.Microsecond),
			}
		}
		expire := o.ExpireDate(l, now)
		left := expire.Sub(now)
		if left <= 0 {
			return
		}
		want := math.Ceil(left.Seconds())
		if l.Instant.IsZero() {
			want = math.Ceil((left + l.Age).Seconds())
		}
		want = min(want, 400*24*3600)
		if got := o.CookieAge(l, expire, now); float64(got) != want || got < 1 {
			t.Fatalf("%+v that ends in %v has a cookie of %d s, not %v", l, left, got, want)
		}
	})
}

// Whoever comes while the row is alive brings the cookie, also where the answer that moved the row
// was lost, up to the last step of its life: within a step no other one is sent.
func TestCookieOutlivesALostAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		standard := time.Duration(rapid.Int64Range(64, 390*24*3600/2).Draw(t,
			"lifetime in seconds")) * time.Second
		o, now := lives(standard), anyInstant(t, "now")
		l := Lifetime{Age: standard}
		row := o.ExpireDate(l, now)
		cookie := now.Add(time.Duration(o.CookieAge(l, row, now)) * time.Second)
		lost := false
		for range rapid.IntRange(1, 200).Draw(t, "visits") {
			pause := rapid.Int64Range(0, int64(standard)).Draw(t, "pause")
			if rapid.Bool().Draw(t, "short") {
				pause /= 64
			}
			if now = now.Add(time.Duration(pause)); !now.Before(row) {
				return // the session has ended
			}
			if !now.Before(cookie) && row.Sub(now) > o.Step {
				t.Fatalf(
					"at %v the row lives until %v, and the cookie has ended at %v",
					now,
					row,
					cookie,
				)
			}
			next := o.ExpireDate(l, now)
			if next.Equal(row) {
				continue
			}
			row = next
			if lost = !lost && rapid.IntRange(0, 9).Draw(t, "luck") == 0; !lost {
				cookie = now.Add(time.Duration(o.CookieAge(l, row, now)) * time.Second)
			}
		}
	})
}

// Whoever comes each day of a session that lives for very long keeps the cookie, though no browser
// keeps one for longer than 400 days: it is sent when the row's end moves.
func TestCookieOfALongLifeIsRenewed(t *testing.T) {
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	for _, standard := range []time.Duration{14 * day, 2 * year, 100 * year, 250 * year} {
		for _, age := range []time.Duration{standard, 100 * year, 250 * year} {
			o, l := lives(standard), Lifetime{Age: age}
			now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			row := o.ExpireDate(l, now)
			cookie := now.Add(time.Duration(o.CookieAge(l, row, now)) * time.Second)
			for range 2000 {
				now = now.Add(day)
				if next := o.ExpireDate(l, now); !next.Equal(row) {
					row = next
					cookie = now.Add(time.Duration(o.CookieAge(l, row, now)) * time.Second)
				}
				if !now.Before(cookie) {
					t.Errorf("%v, of its own %v: the cookie has ended at %v", standard, age, cookie)
					break
				}
			}
		}
	}
}

// Without a step the age is exact, as Django's, which drops the fraction of a second; and what has
// ended is deleted at once.
func TestCookieAgeIsExact(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 500_000_000, time.UTC)
	at := now.Add(90*time.Second + 300*time.Millisecond)
	year := 365 * 24 * time.Hour
	for _, c := range []struct {
		step time.Duration
		l    Lifetime
		want int64
	}{
		{0, Lifetime{Age: time.Hour}, 3600},
		{0, Lifetime{Age: 2 * year}, 2 * 365 * 24 * 3600},
		{0, Lifetime{Instant: at}, 90},
		{0, Lifetime{Age: -time.Minute}, -60},
		{time.Minute, Lifetime{Instant: at}, 91},
		{time.Minute, Lifetime{Instant: now.Add(2 * year)}, 400 * 24 * 3600},
		{time.Minute, Lifetime{Age: 2 * year}, 400 * 24 * 3600},
		{time.Minute, Lifetime{Age: -time.Minute}, -60},
		{time.Minute, Lifetime{Instant: now.Add(-time.Minute)}, -60},
		{time.Minute, Lifetime{Age: time.Hour}, 3600 + 3600 + 55}, // 04:04:05.5 is rounded up to 04:05
	} {
		o := Settings{Age: time.Hour, Step: c.step}
		if got := o.CookieAge(c.l, o.ExpireDate(c.l, now), now); got != c.want {
			t.Errorf("step %v, %+v: %d s, not %d", c.step, c.l, got, c.want)
		}
	}
}
