package django

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// measured is when Django's results were.
var measured = time.Date(2026, 11, 21, 20, 44, 35, 832214000, time.UTC)

// A scenario is one request of testdata/django/scenarios.json, and what it came to in Django 6.1.1.
type scenario struct {
	Request string          `json:"request"`
	Result  json.RawMessage `json:"result"`
}

// Cookies are in the form of scenarioCookie.
type scenarioResult struct {
	Status  int                       `json:"status"`
	Cookies []string                  `json:"set_cookie"`
	Vary    string                    `json:"vary"`
	New     int                       `json:"rows_new"`
	Deleted []string                  `json:"rows_deleted"`
	Updated []string                  `json:"rows_updated"`
	Redated []string                  `json:"rows_expire_date_changed"`
	Data    map[string]map[string]any `json:"row_data_after"` // of new and updated rows
	Log     []string                  `json:"log"`
}

func (r scenarioResult) String() string {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// departures are where we leave Django on purpose, as what is different then. That the deletion
// cookie has the attributes of the one that was set comes on top.
var departures = map[string]string{
	"concurrent_write_lost_update": `{"row_data_after": {"<OLD>": {"base": 1, "mine": 1, "theirs": 1}}}`,
	// CycleKey is carried out at the commit.
	"view_raises_after_cycle": `{"rows_new": 0, "rows_deleted": [], "row_data_after": null}`,
	// What cannot be read is never overwritten, and no fault of the request's.
	"every_untouched_corrupt":            `{"set_cookie": [], "rows_updated": [], "rows_expire_date_changed": [], "row_data_after": null}`,
	"payload_is_null_read":               `{"status": 200, "log": ["Session data corrupted"]}`,
	"live_with_garbage_str_expiry_write": unreadableExpiry("soon"),
	"live_with_digit_str_expiry_write":   unreadableExpiry("3600"),
	// Whatever tells of the session makes the response vary.
	"is_empty_only":    `{"vary": "Cookie"}`,
	"session_key_only": `{"vary": "Cookie"}`,
	// The client is told of a row that was made.
	"manual_save_then_untouched_modified_false": `{"set_cookie": ["sessionid=<NEW1>; expires=<NOW+MAXAGE>; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"]}`,
	// Browsers refuse Django's.
	"cookie_samesite_None_str": `{"set_cookie": ["sessionid=<NEW1>; expires=<NOW+MAXAGE>; HttpOnly; Max-Age=1209600; Path=/; SameSite=None; Secure"]}`,
}

func unreadableExpiry(text string) string {
	return fmt.Sprintf(`{"status": 200, "set_cookie": ["sessionid=<OLD>; expires=<NOW+MAXAGE>; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"], "vary": "Cookie",
		"rows_updated": ["<OLD>"], "rows_expire_date_changed": ["<OLD>"],
		"row_data_after": {"<OLD>": {"_session_expiry": %q, "a": 1}},
		"log": ["the session's own expiry cannot be read; the standard lifetime is taken"]}`, text)
}

// impossible are requests that Go does not know: there is no way to take the session off a request,
// and no bad SameSite.
var impossible = []string{"request_session_removed", "cookie_samesite_bad"}

// What Django did in 70 requests, we do on its own rows too, but for the departures.
func TestScenarios(t *testing.T) {
	text, err := os.ReadFile("../testdata/django/scenarios.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Scenarios map[string]scenario `json:"scenarios"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Scenarios) != 70 {
		t.Errorf("%d scenarios", len(file.Scenarios))
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		db := d.Open(t)
		for _, name := range slices.Sorted(maps.Keys(file.Scenarios)) {
			if slices.Contains(impossible, name) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				sc := file.Scenarios[name]
				want := sc.expected(t, name)
				r := parseScenario(t, sc.Request)
				r.site = newSite(t, db, Config{SecretKey: testSecret}, r.opts...)
				if err := db.Exec("DELETE FROM django_session").Error; err != nil {
					t.Fatal(err)
				}
				if got := r.run(); got.String() != want.String() {
					t.Errorf("%s\ncame to\n%v\nwant\n%v", sc.Request, got, want)
				}
			})
		}
	})
}

// expected is what we do in Django's place.
func (sc scenario) expected(t *testing.T, name string) (want scenarioResult) {
	t.Helper()
	if err := json.Unmarshal(sc.Result, &want); err != nil {
		t.Fatal(err)
	}
	for i, line := range want.Log {
		want.Log[i], _ = strings.CutPrefix(line, "django.security.SuspiciousSession WARNING: ")
	}
	// What else Django logs is not about sessions.
	want.Log = slices.DeleteFunc(want.Log,
		func(line string) bool { return strings.HasPrefix(line, "django.") })
	if departure, ok := departures[name]; ok {
		before := want.String()
		if err := json.Unmarshal([]byte(departure), &want); err != nil {
			t.Fatal(err)
		}
		if want.String() == before {
			t.Error("Django does as we do, so this is no departure")
		}
	}
	for i, line := range want.Cookies {
		want.Cookies[i] = normalCookie(line, nil)
	}
	if want.Data == nil {
		want.Data = map[string]map[string]any{}
	}
	return want
}

const (
	oldKey     = "alivealivealivealivealivealive00"
	unknownKey = "unknownunknownunknownunknown0000"
)

// A scenarioRun is one request on a table that holds one row at most.
type scenarioRun struct {
	*site
	t      *testing.T
	view   func(*scenarioRun, *gormsession.State)
	row    *gormsession.Session // that the cookie names
	cookie string               // the Cookie header
	name   string               // of the cookie
	status int
	vary   string
	opts   []gormsession.Option
}

func (r *scenarioRun) run() scenarioResult {
	r.t.Helper()
	if r.row != nil {
		if err := r.db.Table("django_session").Create(r.row).Error; err != nil {
			r.t.Fatal(err)
		}
	}
	before := r.rows()
	got := r.visit(http.DefaultClient, func(c *gin.Context) {
		r.view(r, ginsession.Get(c))
		if r.vary != "" {
			c.Header("Vary", r.vary)
		}
		c.String(r.status, "ok")
	}, func(request *http.Request) {
		if r.cookie != "" {
			request.Header.Set("Cookie", r.cookie)
		}
	})
	result := scenarioResult{
		Status: got.status, Vary: strings.Join(got.header["Vary"],
			", "), Log: r.warnings(), Cookies: []string{},
		Deleted: []string{}, Updated: []string{}, Redated: []string{}, Data: map[string]map[string]any{},
	}
	names := r.compare(before, &result)
	for _, line := range got.header["Set-Cookie"] {
		result.Cookies = append(result.Cookies, normalCookie(line, names))
	}
	return result
}

// compare notes what has become of the rows, and names the keys that a cookie may hold.
func (r *scenarioRun) compare(before []row, result *scenarioResult) (names map[string]string) {
	r.t.Helper()
	names = map[string]string{oldKey: "<OLD>"}
	after := r.rows()
	if len(before) > 0 &&
		!slices.ContainsFunc(after, func(now row) bool { return now.SessionKey == oldKey }) {
		result.Deleted = append(result.Deleted, "<OLD>")
	}
	for _, now := range after {
		if now.SessionKey != oldKey {
			result.New++
			names[now.SessionKey] = "<NEW" + strconv.Itoa(result.New) + ">"
			result.Data[names[now.SessionKey]] = r.entries(now)
			continue
		}
		if now.Expire != before[0].Expire {
			result.Redated = append(result.Redated, "<OLD>")
		}
		if now.SessionData != before[0].SessionData {
			result.Updated = append(result.Updated, "<OLD>")
			result.Data["<OLD>"] = r.entries(now)
		}
	}
	return names
}

var warning = regexp.MustCompile(`level=(?:WARN|ERROR) msg="gormsession: ([^"]*)"`)

func (r *scenarioRun) warnings() []string {
	lines := []string{}
	for _, found := range warning.FindAllStringSubmatch(r.log.String(), -1) {
		lines = append(lines, found[1])
	}
	return lines
}

// normalCookie is a Set-Cookie line, whatever the order and the case of its attributes and however
// an empty value is written, with keys named. A deletion is HttpOnly here, as it has the attributes
// of the cookie.
func normalCookie(line string, names map[string]string) string {
	attributes := map[string]string{}
	first, rest, _ := strings.Cut(line, "; ")
	for part := range strings.SplitSeq(rest, "; ") {
		name, value, _ := strings.Cut(part, "=")
		attributes[strings.ToLower(name)] = value
	}
	name, value, _ := strings.Cut(first, "=")
	value = strings.Trim(value, `"`)
	if named, ok := names[value]; ok {
		value = named
	}
	if value == "" {
		attributes["httponly"] = ""
	}
	expires, err := http.ParseTime(attributes["expires"])
	if age, ageErr := strconv.Atoi(attributes["max-age"]); err == nil && ageErr == nil && age != 0 {
		want := measured.Add(time.Duration(age) * time.Second)
		if expires.Sub(want).Abs() <= 2*time.Second {
			attributes["expires"] = "<NOW+MAXAGE>"
		}
	}
	return fmt.Sprint(name, "=", value, attributes)
}

// ticking is a clock that ticks as one does while a request runs.
func ticking() func() time.Time {
	var ticks atomic.Int64
	return func() time.Time { return measured.Add(time.Duration(ticks.Add(1)) * time.Microsecond) }
}
