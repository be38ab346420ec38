package suite

import (
	"net/http"
	"time"

	"github.com/seed7368b609/gormsession"
)

// A scenario is one request of testdata/django/scenarios.json in Go's terms: see _how there.
type scenario struct {
	view   func(*scenarioRun, *gormsession.State)
	row    *scenarioRow // that the cookie names
	cookie string       // the request's Cookie header where there is no row
	status int          // 200 if 0
	vary   string
	opts   []gormsession.Option
	name   string // of the cookie, sessionid if empty

	leaves []departure // where we leave Django on purpose
	skip   string      // why there is no such request in Go
}

// A scenarioRow is the row that is there before the request: mk in _how.
type scenarioRow struct {
	data string
	age  time.Duration // what is left of it, a fortnight less an hour if 0
}

const (
	scenarioKey   = "alivealivealivealivealivealive00"
	scenarioNoKey = "unknownunknownunknownunknown0000"
)

func liveRow(data string) *scenarioRow    { return &scenarioRow{data: data} }
func expiredRow(data string) *scenarioRow { return &scenarioRow{data, -5 * time.Second} }

// The views.
func nopView(*scenarioRun, *gormsession.State) {}

func setView(_ *scenarioRun, s *gormsession.State)   { s.Set("a", 1) }
func getView(_ *scenarioRun, s *gormsession.State)   { s.Get("a") }
func flushView(_ *scenarioRun, s *gormsession.State) { s.Flush() }
func clearView(_ *scenarioRun, s *gormsession.State) { s.Clear() }
func cycleView(_ *scenarioRun, s *gormsession.State) { s.CycleKey() }

func boomView(r *scenarioRun, s *gormsession.State) {
	setView(r, s)
	panic("x")
}

func cycleBoomView(r *scenarioRun, s *gormsession.State) {
	cycleView(r, s)
	panic("x")
}

// deletedElsewhereView reads; then another request deletes the session.
func deletedElsewhereView(r *scenarioRun, s *gormsession.State) {
	s.Get("a")
	r.must(r.plugin.Delete(r.t.Context(), s.Key()))
}

// innerView writes while another request does.
func innerView(r *scenarioRun, s *gormsession.State) {
	other, err := r.plugin.Open(r.t.Context(), s.Key())
	r.must(err)
	s.Set("mine", 1)
	other.Set("theirs", 1)
	r.must(other.Save())
}

func nestedView(r *scenarioRun, s *gormsession.State) {
	s.Get("d").(map[string]any)["x"] = 1
}

// expireView is (set session['a'] = 1, set_expiry(age)).
func expireView(age time.Duration) func(*scenarioRun, *gormsession.State) {
	return func(r *scenarioRun, s *gormsession.State) {
		setView(r, s)
		s.SetExpiry(age)
	}
}

var (
	onEveryRequest     = []gormsession.Option{gormsession.WithSaveEveryRequest()}
	untilBrowserCloses = []gormsession.Option{gormsession.WithBrowserSession()}
	withoutSameSite    = []gormsession.Option{gormsession.WithSameSite(http.SameSiteDefaultMode)}
)

var scenarios = map[string]scenario{
	// What the request brings, and what the view does.
	"read_no_cookie":           {view: getView},
	"write_no_cookie":          {view: setView},
	"untouched_live":           {view: nopView, row: liveRow(`{"a":1}`)},
	"read_live":                {view: getView, row: liveRow(`{"a":1}`)},
	"write_live":               {view: setView, row: liveRow(`{"b":1}`)},
	"untouched_unknown_cookie": {view: nopView, cookie: "sessionid=" + scenarioNoKey},
	"read_unknown_cookie": {
		view: getView, cookie: "sessionid=" + scenarioNoKey, leaves: []departure{mirrored},
	},
	"write_unknown_cookie":   {view: setView, cookie: "sessionid=" + scenarioNoKey},
	"untouched_empty_cookie": {view: nopView, cookie: "sessionid=", leaves: []departure{mirrored}},
	"write_short_cookie":     {view: setView, cookie: "sessionid=abc"},
	"read_expired_row":       {view: getView, row: expiredRow(`{"a":1}`), leaves: []departure{mirrored}},
	"write_expired_row":      {view: setView, row: expiredRow(`{"b":1}`)},
	"read_corrupt_row":       {view: getView, row: liveRow("garbage")},
	"untouched_corrupt_row":  {view: nopView, row: liveRow("garbage")},
	"flush_live":             {view: flushView, row: liveRow(`{"a":1}`), leaves: []departure{mirrored}},
	"flush_unknown_cookie": {
		view: flushView, cookie: "sessionid=" + scenarioNoKey, leaves: []departure{mirrored},
	},
	"clear_live":           {view: clearView, row: liveRow(`{"a":1}`)},
	"clear_no_cookie":      {view: clearView},
	"cycle_live":           {view: cycleView, row: liveRow(`{"a":1}`)},
	"cycle_unknown_cookie": {view: cycleView, cookie: "sessionid=" + scenarioNoKey},

	// The status.
	"write_no_cookie_status_201": {view: setView, status: 201},
	"write_no_cookie_status_404": {view: setView, status: 404},
	"write_no_cookie_status_500": {view: setView, status: 500},
	"write_no_cookie_status_501": {view: setView, status: 501},
	"write_no_cookie_status_503": {view: setView, status: 503},
	"write_live_status_500":      {view: setView, row: liveRow(`{"b":1}`), status: 500},
	"read_unknown_cookie_status_500": {
		view: getView, cookie: "sessionid=" + scenarioNoKey, status: 500, leaves: []departure{mirrored},
	},
	"view_raises_after_write": {view: boomView, row: liveRow(`{"b":1}`)},
	"view_raises_after_cycle": {view: cycleBoomView, row: liveRow(`{"b":1}`), leaves: []departure{cycleAtCommit}},

	// Two at once.
	"deleted_concurrently_read_only": {view: deletedElsewhereView, row: liveRow(`{"a":1}`)},
	"concurrent_write_lost_update":   {view: innerView, row: liveRow(`{"base":1}`), leaves: []departure{lostUpdate}},

	// What counts as a change.
	"nested_mutation_not_saved": {view: nestedView, row: liveRow(`{"d":{}}`)},
	"setdefault_existing":       {view: func(_ *scenarioRun, s *gormsession.State) { s.GetOrSet("a", 5) }, row: liveRow(`{"a":1}`)},
	"update_empty_dict":         {view: func(_ *scenarioRun, s *gormsession.State) { s.SetAll(nil) }, row: liveRow(`{"a":1}`)},

	// Expiry.
	"set_expiry_none_when_set": {view: func(_ *scenarioRun, s *gormsession.State) { s.ResetExpiry() }, row: liveRow(`{"_session_expiry":60,"a":1}`)},
	"set_expiry_0":             {view: expireView(0), row: liveRow(`{"a":0}`)},
	"set_expiry_60":            {view: expireView(time.Minute), row: liveRow(`{"a":0}`)},
	"set_expiry_neg60":         {view: expireView(-time.Minute), row: liveRow(`{"a":0}`)},
	"set_expiry_timedelta_neg": {view: func(r *scenarioRun, s *gormsession.State) {
		setView(r, s)
		s.SetExpiryAt(measured.AddDate(0, 0, -1))
	}, row: liveRow(`{"a":0}`)},
	"set_expiry_only_no_cookie": {
		view: func(_ *scenarioRun, s *gormsession.State) { s.SetExpiry(time.Minute) },
	},
	"live_with_expiry_0_write":           {view: setView, row: liveRow(`{"_session_expiry":0}`)},
	"live_with_null_expiry_write":        {view: setView, row: liveRow(`{"_session_expiry":null}`)},
	"live_with_str_expiry_write":         {view: setView, row: liveRow(`{"_session_expiry":"2099-01-01T00:00:00+00:00"}`)},
	"live_with_garbage_str_expiry_write": {view: setView, row: liveRow(`{"_session_expiry":"soon"}`), leaves: []departure{unreadableExpiry("soon")}},
	"live_with_digit_str_expiry_write":   {view: setView, row: liveRow(`{"_session_expiry":"3600"}`), leaves: []departure{unreadableExpiry("3600")}},
	"browserclose_write":                 {view: setView, opts: untilBrowserCloses},
	"browserclose_write_expiry60":        {view: expireView(time.Minute), opts: untilBrowserCloses},
	"browserclose_write_expiry0":         {view: expireView(0), opts: untilBrowserCloses},

	// Text that is valid, and no session.
	"payload_is_null_read": {view: getView, row: liveRow("null"), leaves: []departure{noObject}},

	// SESSION_SAVE_EVERY_REQUEST.
	"every_untouched_no_cookie": {view: nopView, opts: onEveryRequest},
	"every_read_unknown": {
		view: getView, cookie: "sessionid=" + scenarioNoKey, opts: onEveryRequest,
		leaves: []departure{mirrored},
	},
	"every_untouched_short_cookie": {
		view: nopView, cookie: "sessionid=abc", opts: onEveryRequest, leaves: []departure{mirrored},
	},
	"every_read_live":          {view: getView, row: liveRow(`{"a":1}`), opts: onEveryRequest},
	"every_untouched_live_500": {view: nopView, row: liveRow(`{"a":1}`), status: 500, opts: onEveryRequest},
	"every_untouched_corrupt": {
		view: nopView, row: liveRow("garbage"), opts: onEveryRequest,
		leaves: []departure{neverOverwritten},
	},

	// The cookie's attributes.
	"cookie_samesite_None_str": {
		view: setView, opts: []gormsession.Option{gormsession.WithSameSite(http.SameSiteNoneMode)},
		leaves: []departure{noneIsSecure},
	},
	"cookie_samesite_None_obj": {view: setView, opts: withoutSameSite},
	"cookie_samesite_bad": {
		skip: "SameSite is no text in Go, and a number that means nothing is refused by New, so no" +
			" request comes that far",
	},
	"delete_samesite_False": {view: flushView, row: liveRow(`{"a":1}`), opts: withoutSameSite, leaves: []departure{mirrored}},
	"delete_host_prefix":    {view: flushView, row: liveRow(`{"a":1}`), name: "__Host-sid", leaves: []departure{mirrored}},
	"delete_secure_prefix":  {view: flushView, row: liveRow(`{"a":1}`), name: "__Secure-sid", leaves: []departure{mirrored}},

	// Vary.
	"vary_existing_cookie_lower": {view: getView, vary: "cookie, Accept"},
	"vary_star_plus":             {view: getView, vary: "Accept, *"},
	"is_empty_only":              {view: func(_ *scenarioRun, s *gormsession.State) { s.IsEmpty() }, row: liveRow(`{"a":1}`), leaves: []departure{identityVaries}},
	"session_key_only":           {view: func(_ *scenarioRun, s *gormsession.State) { s.Key() }, row: liveRow(`{"a":1}`), leaves: []departure{identityVaries}},

	// The rest.
	"manual_save_then_untouched_modified_false": {view: func(r *scenarioRun, s *gormsession.State) {
		setView(r, s)
		r.must(s.Save())
	}, leaves: []departure{savedIsTold}},
	"request_session_removed": {skip: "there is no way to take the session off a request in Go"},
	"test_cookie_set": {
		view: func(_ *scenarioRun, s *gormsession.State) { s.Set("testcookie", "worked") },
	},
	"cookie_unicode": {
		view: getView, cookie: "sessionid=éééééééé", leaves: []departure{mirrored},
	},
	"cookie_with_NUL": {view: getView, cookie: `sessionid="abcdefgh\000ijkl"`, leaves: []departure{mirrored}},
}

// must ends the view on an error as an exception would, but is no part of a scenario.
func (r *scenarioRun) must(err error) {
	if err != nil {
		r.t.Error(err)
	}
}

// page answers with the view of the scenario.
func (r *scenarioRun) page(sc scenario) func(*Call) {
	return func(c *Call) {
		sc.view(r, c.Session())
		if sc.vary != "" {
			c.Header("Vary", sc.vary)
		}
		c.String(max(sc.status, http.StatusOK), "ok")
	}
}
