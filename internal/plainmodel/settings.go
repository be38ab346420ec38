package plainmodel

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Settings are the options of a plugin, as far as a request depends on them.
type Settings struct {
	Table, Former string // Former is "" without WithFormer
	CookieName    string
	Lifetime      time.Duration
	Step          time.Duration // 0: each save is sent, and all is exact

	BrowserSession bool // the cookie ends with the browser
	SaveEvery      bool // each request renews a live session
	Rolling        bool // each that looks at it does
	ForgetsUnknown bool // an unknown cookie is deleted at a read
	Django         bool // Django's table and cookie
	ReplacedRows   bool // a new key is an INSERT and a DELETE
	LetsGo         bool // the error handler lets the response go
	Noted          bool // the model has a column of its own
}

// padded is a number as a key.
func padded(n int) string { return fmt.Sprintf("%032d", n) }

// wellFormed tells whether a cookie's value can be a key.
func (s Settings) wellFormed(value string) bool {
	if s.Django {
		return len(value) >= 8
	}
	return len(value) == 32 && strings.Trim(value, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// storable tells whether a row can have that key. One that cannot is unknown without a look.
func (s Settings) storable(key string) bool { return !s.Django || len(key) <= 40 }

// tables are where a row is looked for, in that order: one that is moved meanwhile is not missed.
func (s Settings) tables() []string {
	if s.Former == "" {
		return []string{s.Table}
	}
	return []string{s.Table, s.Former, s.Table}
}

// A lifetime is how long a session lives from a save on: for a time, or until an instant.
type lifetime struct {
	age     time.Duration
	until   time.Time
	browser bool // the cookie ends with the browser
}

const (
	expiryEntry = "_session_expiry"
	flashEntry  = "_flashes"
)

// lifetimeOf is that of a session with those entries.
func (s Settings) lifetimeOf(entries map[string]string) lifetime {
	text, own := entries[expiryEntry]
	if !own {
		return lifetime{age: s.Lifetime, browser: s.BrowserSession}
	}
	if at, err := time.Parse(`"`+instantForm+`"`, text); err == nil {
		return lifetime{until: at}
	}
	seconds, err := strconv.Atoi(text)
	if err != nil {
		panic("plainmodel: an expiry that is neither: " + text)
	}
	if seconds == 0 {
		return lifetime{age: s.Lifetime, browser: true}
	}
	return lifetime{age: time.Duration(seconds) * time.Second}
}

const instantForm = "2006-01-02T15:04:05-07:00"

// ends is the expiry to store: rounded up to a step, which is in proportion to the age and of
// whole seconds, unless it is a fixed instant, or past.
func (s Settings) ends(l lifetime, now time.Time) time.Time {
	if !l.until.IsZero() {
		return l.until.UTC()
	}
	end := now.Add(l.age)
	if s.Step == 0 || l.age <= 0 {
		return end
	}
	whole := func(n, of int64) int64 { return (n + of - 1) / of * of }
	lived, step := int64(s.Lifetime/time.Second), int64(s.Step/time.Second)
	step = whole(int64(l.age/time.Second)*step, lived) / lived
	second := whole(end.UnixNano(), int64(time.Second)) / int64(time.Second)
	return time.Unix(whole(second, step), 0).UTC()
}

const longestCookie = 400 * 24 * time.Hour

// cookieAge is the age of the cookie of a row, in seconds.
func (s Settings) cookieAge(l lifetime, ends, now time.Time) int {
	left := ends.Sub(now)
	switch {
	case s.Step == 0 && l.until.IsZero():
		left = l.age
	case s.Step == 0:
		left = l.until.Sub(now)
	case l.until.IsZero() && left > 0:
		left += l.age
	}
	seconds := int(left / time.Second)
	if s.Step == 0 {
		if left < 0 && left%time.Second != 0 {
			seconds--
		}
		return seconds
	}
	if left > longestCookie {
		return int(longestCookie / time.Second)
	}
	if left > 0 && left%time.Second != 0 {
		seconds++
	}
	return seconds
}
