package suite

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// Django's own cases, each under its own name, with Django's table, keys and expiry.
func (on cases) TestDjango(t *testing.T) { on.runDjangoCases(t, asDjango, allDjangoCases) }

// The same cases on our defaults.
func (on cases) TestDjangoDefaults(t *testing.T) { on.runDjangoCases(t, asDefault, allDjangoCases) }

// Django runs the cases of its store again with a store of the application's own.
func (on cases) TestDjangoCustomStore(t *testing.T) {
	on.runDjangoCases(t, asCustomStore, storeDjangoCases)
}

// And again in another time zone.
func (on cases) TestDjangoLocalTime(t *testing.T) {
	on.runDjangoCases(t, asLocalTime, storeDjangoCases)
}

// djangoRules are what the sessions of a run obey.
type djangoRules struct {
	opts     []gormsession.Option
	table    string
	cookie   string
	hashed   bool // rows hold hashes of keys
	rounded  bool // expire_date is rounded up
	location *time.Location

	unknownKey, shortestKey, tooShortKey string
}

var asDjango = djangoRules{
	opts: []gormsession.Option{
		withLayout(layout.Django()), gormsession.WithExpiryStep(0),
	},
	table: "django_session", cookie: "sessionid",
	unknownKey: "someunknownkey", shortestKey: "12345678", tooShortKey: "1234567",
}

// By default keys have one form, that of the keys that are made, and rows hold hashes of them:
// where Django takes 8 characters of any kind, 32 of a to z and 0 to 9 are wanted.
var asDefault = djangoRules{
	table: "web_sessions", cookie: "session", hashed: true, rounded: true,
	unknownKey:  strings.Repeat("unknown0", 4),
	shortestKey: strings.Repeat("12345678", 4), tooShortKey: strings.Repeat("12345678", 4)[1:],
}

var asCustomStore = func() djangoRules {
	rules := asDjango
	rules.opts = append(slices.Clone(rules.opts), withAccount)
	rules.table = accountSession{}.TableName()
	return rules
}()

var asLocalTime = func() djangoRules {
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		panic(err)
	}
	local := layout.Django()
	local.Location = chicago
	rules := asDjango
	rules.opts = append(slices.Clone(rules.opts), withLayout(local))
	rules.location = chicago
	return rules
}()

// djangoCases are the cases by class and name, as testdata/django/cases.txt lists them.
var djangoCases = func() map[string]func(*djangoRun) {
	all := map[string]func(*djangoRun){}
	for _, theme := range []map[string]func(*djangoRun){
		djangoEntryCases, djangoKeyCases, djangoExpiryCases, djangoRowCases, djangoMiddlewareCases,
	} {
		maps.Copy(all, theme)
	}
	return all
}()

func allDjangoCases(string) bool { return true }

func storeDjangoCases(class string) bool {
	return class == "SessionTestsMixin" || class == "DatabaseSessionTests"
}

func (on ground) runDjangoCases(t *testing.T, rules djangoRules, included func(class string) bool) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db := d.Open(t)
		for _, c := range listedDjangoCases(t) {
			if !included(c.class) {
				continue
			}
			t.Run(c.subtest, func(t *testing.T) {
				run, ok := djangoCases[c.class+"."+c.method]
				if !ok {
					t.Fatal("this case of Django's has no test")
				}
				d := on.newDjangoRun(t, db, rules)
				if err := db.Exec("DELETE FROM " + rules.table).Error; err != nil {
					t.Fatal(err)
				}
				run(d)
			})
		}
	})
}

type listedDjangoCase struct{ class, method, verdict, subtest string }

// listedDjangoCases reads the list. A subtest has the name of the method; where two classes have
// it, the second one's names its class too.
func listedDjangoCases(t *testing.T) (cases []listedDjangoCase) {
	t.Helper()
	text := measuredFile(t, "cases.txt")
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, verdict, _ := strings.Cut(strings.TrimSpace(line), " ")
		class, method, _ := strings.Cut(name, ".")
		c := listedDjangoCase{class, method, verdict, method}
		if seen[method] {
			c.subtest += "#" + class
		}
		seen[method] = true
		cases = append(cases, c)
	}
	return cases
}

// No case may be forgotten, and none invented.
func (on cases) TestDjangoCasesAreComplete(t *testing.T) {
	t.Parallel()
	verdicts, listed, subtests := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, c := range listedDjangoCases(t) {
		verdicts[c.verdict]++
		listed[c.class+"."+c.method] = true
		subtests[c.subtest] = true
	}
	if want := map[string]int{"yes": 51, "adapted": 11}; !maps.Equal(verdicts, want) {
		t.Errorf("listed are %v, not %v", verdicts, want)
	}
	if len(listed) != 62 || len(subtests) != 62 {
		t.Errorf("%d cases in %d subtests are listed, not 62", len(listed), len(subtests))
	}
	for name := range listed {
		if djangoCases[name] == nil {
			t.Errorf("%s has no test", name)
		}
	}
	for name := range djangoCases {
		if !listed[name] {
			t.Errorf("%s is no case of Django's that applies", name)
		}
	}
}
