package suite

import "net/http"

// A departure is a point where we leave Django on purpose: it turns Django's result into ours.
type departure struct {
	point string
	edit  func(*scenarioResult)
}

// The points of "Where we leave Django on purpose". Each edits what Django does into what we do.
var (
	lostUpdate = departure{"1: lost updates", func(o *scenarioResult) {
		o.Data["<OLD>"]["theirs"] = 1
	}}
	cycleAtCommit = departure{"2: CycleKey is carried out at the commit, so a 5xx after it loses" +
		" nothing", func(o *scenarioResult) {
		o.New, o.Deleted, o.Data = 0, []string{}, map[string]map[string]any{}
	}}
	neverOverwritten = departure{"6: what cannot be decoded is never overwritten",
		func(o *scenarioResult) {
			o.Cookies, o.Updated, o.Redated, o.Data = []string{}, []string{}, []string{},
				map[string]map[string]any{}
		}}
	noObject = departure{"6: a payload that is no object is an empty session and a warning",
		func(o *scenarioResult) {
			o.Status, o.Log = http.StatusOK, []string{"WARN Session data corrupted"}
		}}
	mirrored = departure{"10: the deletion cookie mirrors the attributes of the set one",
		func(o *scenarioResult) {
			for i, line := range o.Cookies {
				if c := parseScenarioCookie(line); c.value == "" {
					c.attributes["httponly"] = ""
					o.Cookies[i] = c.String()
				}
			}
		}}
	identityVaries = departure{
		"10: Key, IsEmpty and IsNew set Vary", func(o *scenarioResult) { o.Vary = "Cookie" },
	}
	savedIsTold = departure{"10: a row made by Save always gets its cookie",
		func(o *scenarioResult) {
			o.Cookies = []string{freshCookie("<NEW1>")}
		}}
	// Of the default cookie, as browsers refuse the other one.
	noneIsSecure = departure{"the cookie: SameSite=None is always Secure", func(o *scenarioResult) {
		c := parseScenarioCookie(o.Cookies[0])
		c.attributes["secure"] = ""
		o.Cookies[0] = c.String()
	}}
)

// unreadableExpiry is what a _session_expiry that cannot be read comes to.
func unreadableExpiry(text string) departure {
	return departure{"6: an expiry that cannot be read is the default one, and a warning",
		func(o *scenarioResult) {
			o.Status, o.Vary, o.Cookies = http.StatusOK, "Cookie", []string{freshCookie("<OLD>")}
			o.Updated, o.Redated = []string{"<OLD>"}, []string{"<OLD>"}
			o.Data = map[string]map[string]any{"<OLD>": {"_session_expiry": text, "a": 1}}
			o.Log = []string{"WARN the session's own expiry cannot be read; the standard lifetime is taken"}
		}}
}

// freshCookie is the cookie of a session that was saved on the defaults.
func freshCookie(key string) string {
	return parseScenarioCookie("sessionid=" + key +
		"; expires=<NOW+MAXAGE>; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax").String()
}
