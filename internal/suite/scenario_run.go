package suite

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// A scenarioRun is one request on a table of its own.
type scenarioRun struct {
	*site
	t *testing.T
}

// newScenarioRun makes a site with Django's table and expiry, whose clock ticks as one does while a
// request runs.
func (on ground) newScenarioRun(t *testing.T, db *gorm.DB, sc scenario) *scenarioRun {
	t.Helper()
	var ticks atomic.Int64
	opts := []gormsession.Option{
		withLayout(layout.Django()), gormsession.WithExpiryStep(0),
		gormsession.WithClock(func() time.Time {
			return measured.Add(time.Duration(ticks.Add(1)) * time.Microsecond)
		}),
	}
	if sc.name != "" {
		opts = append(opts, gormsession.WithCookieName(sc.name))
	}
	s := on.newSiteOn(t, db, slices.Concat(opts, sc.opts)...)
	s.table, s.cookieName = "django_session", "sessionid"
	if sc.name != "" {
		s.cookieName = sc.name
	}
	if err := db.Exec("DELETE FROM django_session").Error; err != nil {
		t.Fatal(err)
	}
	return &scenarioRun{s, t}
}

// run makes the request and says what it came to.
func (r *scenarioRun) run(sc scenario) scenarioResult {
	r.t.Helper()
	cookie := sc.cookie
	if sc.row != nil {
		cookie = r.cookieName + "=" + scenarioKey
		r.store(*sc.row)
	}
	before := r.rows()
	got := r.visit("", r.page(sc), func(request *http.Request) {
		if cookie != "" {
			request.Header.Set("Cookie", cookie)
		}
	})
	o := scenarioResult{
		Status: got.status, Vary: strings.Join(got.header["Vary"], ", "), Log: r.warnings(),
		Cookies: []string{}, Deleted: []string{}, Updated: []string{}, Redated: []string{},
		Data: map[string]map[string]any{},
	}
	names := r.compare(before, &o)
	for _, line := range got.header["Set-Cookie"] {
		c := parseScenarioCookie(line)
		c.value = names[c.value]
		c.relate()
		o.Cookies = append(o.Cookies, c.String())
	}
	return o
}

func (r *scenarioRun) store(row scenarioRow) {
	r.t.Helper()
	if row.age == 0 {
		row.age = twoWeeks - time.Hour
	}
	stored := gormsession.Session{
		SessionKey: scenarioKey, SessionData: row.data,
		ExpireDate: gormsession.Expiry{Time: measured.Add(row.age)},
	}
	if err := r.db.Table(r.table).Create(&stored).Error; err != nil {
		r.t.Fatal(err)
	}
}

// compare notes in o what has become of the rows, and names the keys that a cookie may hold.
func (r *scenarioRun) compare(before map[string]row, o *scenarioResult) (names map[string]string) {
	r.t.Helper()
	names = map[string]string{scenarioKey: "<OLD>"}
	after := r.rows()
	for key, now := range after {
		then, old := before[key]
		if !old {
			o.New++
			names[key] = "<NEW" + strconv.Itoa(o.New) + ">"
		} else if !then.expire.Equal(now.expire) {
			o.Redated = append(o.Redated, names[key])
		}
		if old && then.data == now.data {
			continue
		}
		if old {
			o.Updated = append(o.Updated, names[key])
		}
		var entries map[string]any
		if err := json.Unmarshal([]byte(now.data), &entries); err != nil {
			r.t.Errorf("a row was written that cannot be read: %v", err)
		}
		o.Data[names[key]] = entries
	}
	for key := range before {
		if _, ok := after[key]; !ok {
			o.Deleted = append(o.Deleted, names[key])
		}
		if strings.Contains(r.log.String(), key) {
			r.t.Error("the log shows a key")
		}
	}
	return names
}

var logged = regexp.MustCompile(`level=(WARN|ERROR) msg="gormsession: ([^"]*)"`)

// warnings are what was logged, from warnings on.
func (r *scenarioRun) warnings() []string {
	lines := []string{}
	for _, found := range logged.FindAllStringSubmatch(r.log.String(), -1) {
		lines = append(lines, found[1]+" "+found[2])
	}
	return lines
}
