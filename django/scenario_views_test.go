package django

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
)

// scenarioViews are the views of scenarios.json, as _how there says, in Go.
var scenarioViews = map[string]func(*scenarioRun, *gormsession.State){
	"nop":   func(*scenarioRun, *gormsession.State) {},
	"setk":  setView,
	"getk":  getView,
	"flush": func(_ *scenarioRun, s *gormsession.State) { s.Flush() },
	"clear": func(_ *scenarioRun, s *gormsession.State) { s.Clear() },
	"cycle": func(_ *scenarioRun, s *gormsession.State) { s.CycleKey() },
	"boom": func(r *scenarioRun, s *gormsession.State) {
		setView(r, s)
		panic("x")
	},
	"boom2": func(_ *scenarioRun, s *gormsession.State) {
		s.CycleKey()
		panic("x")
	},
	"loggedout2": func(r *scenarioRun, s *gormsession.State) {
		getView(r, s)
		r.must(r.plugin.Delete(r.t.Context(), s.Key()))
	},
	"inner": func(r *scenarioRun, s *gormsession.State) {
		other, err := r.plugin.Open(r.t.Context(), s.Key())
		r.must(err)
		s.Set("mine", 1)
		other.Set("theirs", 1)
		r.must(other.Save())
	},
	"nested": func(_ *scenarioRun, s *gormsession.State) { s.Get("d").(map[string]any)["x"] = 1 },

	"lambda r: r.session.setdefault('a', 5)": func(_ *scenarioRun, s *gormsession.State) {
		s.GetOrSet("a", 5)
	},
	"lambda r: r.session.update({})": func(_ *scenarioRun, s *gormsession.State) {
		s.SetAll(nil)
	},
	"lambda r: r.session.set_expiry(None)": func(_ *scenarioRun, s *gormsession.State) {
		s.ResetExpiry()
	},
	"lambda r: r.session.set_expiry(60)": func(_ *scenarioRun, s *gormsession.State) {
		s.SetExpiry(time.Minute)
	},
	"lambda r: (set session['a'] = 1, set_expiry(0))":   expiryView(0),
	"lambda r: (set session['a'] = 1, set_expiry(60))":  expiryView(time.Minute),
	"lambda r: (set session['a'] = 1, set_expiry(-60))": expiryView(-time.Minute),
	"lambda r: (setk(r), r.session.set_expiry(60))":     expiryView(time.Minute),
	"lambda r: (setk(r), r.session.set_expiry(0))":      expiryView(0),
	"lambda r: r.session.is_empty()": func(_ *scenarioRun, s *gormsession.State) {
		s.IsEmpty()
	},
	"lambda r: r.session.session_key": func(_ *scenarioRun, s *gormsession.State) {
		s.Key()
	},
	"lambda r: r.session.set_test_cookie()": func(_ *scenarioRun, s *gormsession.State) {
		SetTestCookie(s)
	},
	"lambda r: (set session['a'] = 1, set_expiry(timedelta(days=-1)))": func(
		r *scenarioRun, s *gormsession.State,
	) {
		setView(r, s)
		s.SetExpiryAt(measured.AddDate(0, 0, -1))
	},
	"lambda r: (r.session.__setitem__('a', 1), r.session.save(), setattr(r.session, 'modified'," +
		" False))": func(r *scenarioRun, s *gormsession.State) {
		setView(r, s)
		r.must(s.Save())
	},
}

func setView(_ *scenarioRun, s *gormsession.State) { s.Set("a", 1) }
func getView(_ *scenarioRun, s *gormsession.State) { s.Get("a") }

func expiryView(age time.Duration) func(*scenarioRun, *gormsession.State) {
	return func(r *scenarioRun, s *gormsession.State) {
		setView(r, s)
		s.SetExpiry(age)
	}
}

// must reports an error that is no part of the scenario.
func (r *scenarioRun) must(err error) {
	if err != nil {
		r.t.Error(err)
	}
}

// scenarioSettings are the settings that requests end with.
var scenarioSettings = map[string]gormsession.Option{
	"**E_":                                 gormsession.WithSaveEveryRequest(),
	"SESSION_EXPIRE_AT_BROWSER_CLOSE=True": gormsession.WithBrowserSession(),
	"SESSION_COOKIE_SAMESITE='None'":       gormsession.WithSameSite(http.SameSiteNoneMode),
	"SESSION_COOKIE_SAMESITE=None":         gormsession.WithSameSite(http.SameSiteDefaultMode),
	"SESSION_COOKIE_SAMESITE=False":        gormsession.WithSameSite(http.SameSiteDefaultMode),
	"SESSION_COOKIE_NAME='__Host-sid'":     gormsession.WithCookieName("__Host-sid"),
	"SESSION_COOKIE_NAME='__Secure-sid'":   gormsession.WithCookieName("__Secure-sid"),
}

// scenarioCookies are the values of cookies that name no row, in the form in which Python sends
// them.
var scenarioCookies = map[string]string{
	"UNK": unknownKey, "''": "", "'abc'": "abc", "'é' * 8": "éééééééé", `'abcdefgh\x00ijkl'`: `"abcdefgh\000ijkl"`,
}

var (
	scenarioRow    = regexp.MustCompile(`^mk\((\{.*?\})(, expire=NOW\(\) - timedelta\(seconds=5\))?(?:, raw=(?:'(.*)'|SessionStore\(\)\.encode\((.*)\)))?\)(?:, |$)`)
	scenarioStatus = regexp.MustCompile(`^(\d{3})(?:, '(.*)')?(?:, |$)`)
)

// parseScenario reads "VIEW, COOKIE, STATUS, 'VARY', SETTINGS", of which the view alone must be
// there.
func parseScenario(t *testing.T, request string) *scenarioRun {
	t.Helper()
	r := &scenarioRun{t: t, status: http.StatusOK, name: "sessionid", opts: []gormsession.Option{
		gormsession.WithExpiryStep(0), gormsession.WithClock(ticking()),
	}}
	rest := request
	for text, view := range scenarioViews {
		if after, ok := cutArgument(request, text); ok {
			r.view, rest = view, after
		}
	}
	if r.view == nil {
		t.Fatalf("no view: %s", request)
	}
	if _, name, ok := strings.Cut(request, "SESSION_COOKIE_NAME='"); ok {
		r.name = strings.TrimSuffix(name, "'")
	}
	for text, value := range scenarioCookies {
		if after, ok := cutArgument(rest, text); ok {
			r.cookie, rest = r.name+"="+value, after
		}
	}
	if after, ok := cutArgument(rest, "None"); ok {
		rest = after
	}
	if found := scenarioRow.FindStringSubmatch(rest); found != nil {
		r.cookie, rest = r.name+"="+oldKey, rest[len(found[0]):]
		r.row = r.newRow(found[1], found[2] != "", found[3], found[4])
	}
	if found := scenarioStatus.FindStringSubmatch(rest); found != nil {
		rest = rest[len(found[0]):]
		r.status, _ = strconv.Atoi(found[1])
		r.vary = found[2]
	}
	if option, ok := scenarioSettings[rest]; ok {
		r.opts = append(r.opts, option)
	} else if rest != "" {
		t.Fatalf("%q of %q is not understood", rest, request)
	}
	return r
}

// cutArgument takes an argument off the front of a list of them.
func cutArgument(list, argument string) (rest string, ok bool) {
	if list == argument {
		return "", true
	}
	return strings.CutPrefix(list, argument+", ")
}

var pythonToJSON = strings.NewReplacer("'", `"`, "None", "null")

// newRow is what mk makes: entries is a dict of Python's, raw stands in its place, and encoded is
// any value.
func (r *scenarioRun) newRow(
	entries string, expired bool, raw, encoded string,
) *gormsession.Session {
	codec := mustCodec(r.t, Config{SecretKey: testSecret})
	row := &gormsession.Session{SessionKey: oldKey, SessionData: raw}
	row.ExpireDate.Time = measured.Add(14*24*time.Hour - time.Hour)
	if expired {
		row.ExpireDate.Time = measured.Add(-5 * time.Second)
	}
	if encoded != "" {
		entries = encoded
	}
	if raw == "" {
		row.SessionData = signPayload(codec, pythonToJSON.Replace(entries))
	}
	return row
}
