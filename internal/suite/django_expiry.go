package suite

import (
	"time"

	"github.com/seed7368b609/gormsession"
)

const twoWeeks = 14 * 24 * time.Hour

// djangoExpiryCases are the cases about how long a session lives.
var djangoExpiryCases = map[string]func(*djangoRun){
	"SessionTestsMixin.test_default_expiry": func(d *djangoRun) { d.wantsDefaultExpiry(twoWeeks) },

	"SessionTestsMixin.test_custom_expiry_seconds": func(d *djangoRun) {
		s := d.open("")
		s.SetExpiry(10 * time.Second)
		d.wantsTenSeconds(s)
		d.save(s)
		expire, want := d.row(s.Key()).expire, d.clock.Now().Add(10*time.Second)
		if d.rules.rounded { // "Where we leave Django on purpose", 8
			want = want.Truncate(time.Second).Add(time.Second)
		}
		d.equal("expire_date", expire, want)
	},

	// An age from now on is an instant.
	"SessionTestsMixin.test_custom_expiry_timedelta": func(d *djangoRun) {
		delta := 10 * time.Second
		s := d.open("")
		s.SetExpiryAt(d.clock.Now().Add(delta))
		d.wantsTenSeconds(s)
		d.clock.advance(4 * time.Second)
		d.equal("age later", s.ExpiryAge(), 6*time.Second)
	},

	"SessionTestsMixin.test_custom_expiry_datetime": func(d *djangoRun) {
		s := d.open("")
		s.SetExpiryAt(d.clock.Now().Add(10 * time.Second).In(time.FixedZone("elsewhere", 5*60*60)))
		d.wantsTenSeconds(s)
		d.save(s)
		d.wantsTenSeconds(d.open(s.Key()))
		// an instant is never rounded
		d.equal("expire_date", d.row(s.Key()).expire, d.clock.Now().Add(10*time.Second))
	},

	"SessionTestsMixin.test_custom_expiry_reset": func(d *djangoRun) { d.wantsExpiryReset(twoWeeks) },

	"SessionTestsMixin.test_get_expire_at_browser_close": func(d *djangoRun) {
		// Without, with ten seconds, with 0, and after a reset.
		cases := []struct {
			d    *djangoRun
			want [4]bool
		}{
			{d, [4]bool{false, false, true, false}},
			{d.with(gormsession.WithBrowserSession()), [4]bool{true, false, true, true}},
		}
		for _, c := range cases {
			s := c.d.open("")
			got := [4]bool{0: s.BrowserSession()}
			s.SetExpiry(10 * time.Second)
			got[1] = s.BrowserSession()
			s.SetExpiry(0)
			got[2] = s.BrowserSession()
			s.ResetExpiry()
			got[3] = s.BrowserSession()
			d.equal("ends with the browser", got, c.want)
		}
	},

	"SessionTestsMixin.test_actual_expiry": func(d *djangoRun) {
		s := d.open("")
		s.Set("foo", "bar")
		s.SetExpiryAt(d.clock.Now().Add(-10 * time.Second))
		d.save(s)
		d.equal("the row is there", d.exists(s.Key()), true)
		again := d.open(s.Key())
		d.equal("foo", again.Has("foo"), false)
		d.equal("key", again.Key(), "")
	},

	// get_session_cookie_age is WithLifetime.
	"CustomDatabaseSessionTests.test_default_expiry": func(d *djangoRun) {
		d.withAccount(gormsession.WithLifetime(24 * time.Hour)).wantsDefaultExpiry(24 * time.Hour)
	},

	"CustomDatabaseSessionTests.test_custom_expiry_reset": func(d *djangoRun) {
		d.withAccount(gormsession.WithLifetime(24 * time.Hour)).wantsExpiryReset(24 * time.Hour)
	},
}

func (d *djangoRun) wantsTenSeconds(s *gormsession.State) {
	d.t.Helper()
	d.equal("date", s.ExpiryDate().Equal(d.clock.Now().Add(10*time.Second)), true)
	d.equal("age", s.ExpiryAge(), 10*time.Second)
}

func (d *djangoRun) wantsDefaultExpiry(age time.Duration) {
	d.t.Helper()
	s := d.open("")
	d.equal("age", s.ExpiryAge(), age)
	s.SetExpiry(0)
	d.equal("age with the browser", s.ExpiryAge(), age)
}

func (d *djangoRun) wantsExpiryReset(age time.Duration) {
	d.t.Helper()
	s := d.open("")
	s.ResetExpiry()
	d.equal("reset when there is nothing to reset: modified", s.Modified(), false)
	s.SetExpiry(10 * time.Second)
	d.equal("age of its own", s.ExpiryAge(), 10*time.Second)
	s.ResetExpiry()
	d.equal("age", s.ExpiryAge(), age)
}
