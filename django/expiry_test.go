package django

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What Django 4.2 to 6.1 make of the entry _session_expiry in a row of theirs.
func TestExpiryVectors(t *testing.T) {
	v := readVectors(t)
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	codec := mustCodec(t, Config{SecretKey: testSecret})
	cases := 0
	for _, group := range v.Expiry {
		config := Config{SecretKey: testSecret}
		if !group.UseTZ {
			config.TimeZone = chicago(t)
		}
		now, err := parseISO(group.Now, config.TimeZone)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range group.Cases {
			cases++
			for _, browser := range []bool{false, true} {
				opts := []gormsession.Option{gormsession.WithClock(func() time.Time { return now })}
				if browser {
					opts = append(opts, gormsession.WithBrowserSession())
				}
				s := newSite(t, db, config, opts...)
				payload := `{"a":1}`
				if string(c.Entry) != `"<absent>"` {
					payload = fmt.Sprintf(`{"_session_expiry":%s,"a":1}`, c.Entry)
				}
				if err := db.Exec("DELETE FROM django_session").Error; err != nil {
					t.Fatal(err)
				}
				row := gormsession.Session{
					SessionKey: oldKey, SessionData: signPayload(codec, payload),
					ExpireDate: gormsession.Expiry{Time: now.AddDate(1, 0, 0)},
				}
				if err := db.Table("django_session").Create(&row).Error; err != nil {
					t.Fatal(err)
				}
				c.check(t, s, now, browser, config.TimeZone)
			}
		}
	}
	if cases != 58 {
		t.Errorf("%d cases", cases)
	}
}

// check compares with Django. Where that raises an error, the session has the standard expiry and a
// warning is logged, unless it is an instant: we read one with an offset where the clock is local.
func (c expiryCase) check(t *testing.T, s *site, now time.Time, browser bool, zone *time.Location) {
	t.Helper()
	state, err := s.plugin.Open(t.Context(), oldKey)
	if err != nil || state.Get("a") != int64(1) {
		t.Fatalf("%s: there is no session, %v", c.Entry, err)
	}
	wantBrowser := c.Browser
	if browser {
		wantBrowser = c.BrowserByDefault
	}
	date := now.Add(14 * 24 * time.Hour)
	raises := strings.HasPrefix(c.Date, "RAISES") || strings.HasPrefix(string(c.Age), `"RAISES`)
	if at, err := parseISO(c.Date, zone); err == nil && (zone != nil || !raises) {
		date, raises = at, false
	} else if string(c.Entry) != `""` {
		wantBrowser = browser // and the rest of the standard expiry
	}
	if got := state.ExpiryDate(); !got.Equal(date) {
		t.Errorf("%s ends at %v, want %v", c.Entry, got, date)
	}
	if got := state.BrowserSession(); got != wantBrowser {
		t.Errorf("%s ends with the browser: %v", c.Entry, got)
	}
	var age float64
	switch string(c.Age) {
	case "true":
		age = 1
	default:
		if json.Unmarshal(c.Age, &age) != nil {
			age = math.Floor(date.Sub(now).Seconds())
		}
	}
	if got := state.ExpiryAge().Seconds(); got != age && math.Floor(got) != age {
		t.Errorf("%s lives for %v, want %v", c.Entry, got, age)
	}
	if warned := strings.Contains(s.log.String(), "expiry cannot be read"); warned != (raises && string(c.Entry) != `""`) {
		t.Errorf("%s is warned of: %v\n%s", c.Entry, warned, s.log)
	}
}

// parseISO reads what Python's isoformat writes; a time without an offset is one in zone.
func parseISO(text string, zone *time.Location) (time.Time, error) {
	if zone != nil {
		if at, err := time.ParseInLocation("2006-01-02T15:04:05", text, zone); err == nil {
			return at, nil
		}
	}
	return time.Parse(time.RFC3339, text)
}

// What Django's set_expiry stores, ours does; an instant is written in UTC whatever its zone is.
func TestSetExpiryVectors(t *testing.T) {
	instant := func(text string) func(*gormsession.State) {
		return func(s *gormsession.State) {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Error(err)
			}
			s.SetExpiryAt(at)
		}
	}
	set := map[string]func(*gormsession.State){
		"None":                func(s *gormsession.State) { s.ResetExpiry() },
		"0":                   func(s *gormsession.State) { s.SetExpiry(0) },
		"60":                  func(s *gormsession.State) { s.SetExpiry(time.Minute) },
		"-60":                 func(s *gormsession.State) { s.SetExpiry(-time.Minute) },
		"1.5":                 func(s *gormsession.State) { s.SetExpiry(1500 * time.Millisecond) },
		"dt aware utc micros": instant("2099-01-02T03:04:05.678901+00:00"),
		"dt aware no micros":  instant("2099-01-02T03:04:05+00:00"),
		"dt +02:00":           instant("2099-01-02T03:04:05.678901+02:00"),
		"dt naive":            instant("2099-01-02T03:04:05.678901-06:00"), // which is Chicago's
	}
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	codec := mustCodec(t, Config{SecretKey: testSecret})
	seen := 0
	for _, group := range readVectors(t).Expiry {
		for _, c := range group.Stores {
			seen++
			config := Config{SecretKey: testSecret}
			if c.Arg == "dt naive" {
				config.TimeZone = chicago(t)
			}
			s := newSite(t, db, config)
			state, err := s.plugin.Open(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			set[c.Arg](state)
			if err := state.Save(); err != nil {
				t.Fatal(err)
			}
			row, _ := s.row(state.Key())
			entries, err := codec.Decode("", row.SessionData)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Trim(strings.ReplaceAll(c.Stored, "'", `"`), " ")
			switch c.Arg {
			case "None":
				want = ""
			case "dt +02:00":
				want = `"2099-01-02T01:04:05.678901+00:00"`
			}
			if got := string(entries["_session_expiry"]); got != want {
				t.Errorf("%s is stored as %s, want %s", c.Arg, got, want)
			}
		}
	}
	if seen != 18 {
		t.Errorf("%d cases", seen)
	}
}
