package suite

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// measured is when Django's results were.
var measured = time.Date(2026, 11, 21, 20, 44, 35, 832214000, time.UTC)

// A scenarioResult is what a request came to, as testdata/django/scenarios.json has it. Cookies are
// in the form of scenarioCookie.
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

func (o scenarioResult) String() string {
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// What Django 6.1.1 did in 70 requests, our middleware does too, or it is known why not.
func (on cases) TestScenarios(t *testing.T) {
	t.Parallel()
	measured := readScenarios(t)
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db := d.Open(t)
		for _, name := range slices.Sorted(maps.Keys(measured)) {
			t.Run(name, func(t *testing.T) {
				sc, ok := scenarios[name]
				switch {
				case !ok:
					t.Fatalf("it is missing from the table: %s", measured[name].Request)
				case sc.skip != "":
					t.Skip(sc.skip)
				}
				want := measured[name].result(t)
				for _, departure := range sc.leaves {
					before := want.String()
					departure.edit(&want)
					if want.String() == before {
						t.Errorf("Django does as we do, so there is no point in %q", departure.point)
					}
				}
				if got := on.newScenarioRun(t, db, sc).run(sc); got.String() != want.String() {
					t.Errorf("%s\ncame to\n%v\nwant\n%v", measured[name].Request, got, want)
				}
			})
		}
	})
}

// Every scenario is in the table, few are skipped, and what a skip says is true.
func (on cases) TestScenariosAreComplete(t *testing.T) {
	t.Parallel()
	measured := readScenarios(t)
	if len(measured) != 70 {
		t.Errorf("%d scenarios were read, not 70", len(measured))
	}
	skipped := 0
	for name, sc := range scenarios {
		if _, ok := measured[name]; !ok {
			t.Errorf("%s is no scenario of Django's", name)
		}
		if sc.skip != "" {
			skipped++
		}
	}
	if skipped > 8 {
		t.Errorf("%d scenarios are skipped", skipped)
	}
	_, err := gormsession.New(dbtest.New(t, dbtest.SQLite).Open(t),
		gormsession.WithSameSite(http.SameSite(99)))
	if err == nil || !strings.Contains(err.Error(), "WithSameSite") {
		t.Errorf("an unknown SameSite is refused with %v", err)
	}
}

type measuredScenario struct {
	Request string          `json:"request"`
	Result  json.RawMessage `json:"result"`
}

func readScenarios(t *testing.T) map[string]measuredScenario {
	t.Helper()
	text := measuredFile(t, "scenarios.json")
	var file struct {
		Scenarios map[string]measuredScenario `json:"scenarios"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file.Scenarios
}

// result is what Django did. Of its log the sessions' part counts.
func (m measuredScenario) result(t *testing.T) (o scenarioResult) {
	t.Helper()
	if err := json.Unmarshal(m.Result, &o); err != nil {
		t.Fatal(err)
	}
	for i, line := range o.Cookies {
		o.Cookies[i] = parseScenarioCookie(line).String()
	}
	log := o.Log
	o.Log = []string{}
	for _, line := range log {
		if message, ok := strings.CutPrefix(line, "django.security.SuspiciousSession WARNING: "); ok {
			o.Log = append(o.Log, "WARN "+message)
		}
	}
	return o
}
