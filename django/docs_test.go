package django_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

type step = djangotest.Step

// A documentStep is a step of docs/django.md.
type documentStep struct{ title, text string }

// documentSteps reads the steps of the document.
func documentSteps(t *testing.T) (steps []documentStep) {
	t.Helper()
	_, text, _ := strings.Cut(document(t), "\n## The steps\n")
	text, _, _ = strings.Cut(text, "\n## ")
	for i, part := range strings.Split(text, "\n### ") {
		if title, text, _ := strings.Cut(part, "\n"); i > 0 {
			steps = append(steps, documentStep{title, text})
		}
	}
	return steps
}

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/django.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks are the code blocks of that language.
func (s documentStep) blocks(language string) (blocks []string) {
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(s.text, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// settings are those of the nth block of Python. Its values are JSON as well, as they stand there.
func (s documentStep) settings(t *testing.T, n int) djangotest.Settings {
	t.Helper()
	settings := djangotest.Settings{}
	for line := range strings.Lines(s.blocks("python")[n]) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), " = ")
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		settings[name] = value
	}
	return settings
}

// A journey is a site that follows the document. Browsers see one host: what runs behind it changes
// with the steps.
type journey struct {
	all      *testing.T // whose end stops what it has started
	version  djangotest.Version
	db       *dbtest.DB
	handle   *gorm.DB
	settings djangotest.Settings
	django   *djangotest.Site
	front    *httptest.Server
	program  atomic.Pointer[http.Handler]
	alice    *http.Client // logged in from the second step to the end
}

// TestDocument follows docs/django.md from its first step to its last. Each step has a subtest of
// its name, and each subtest a step.
func TestDocument(t *testing.T) {
	steps := documentSteps(t)
	for _, s := range steps {
		if journeySteps[s.title] == nil {
			t.Errorf("no test follows the step %q", s.title)
		}
	}
	for title := range journeySteps {
		if !slices.ContainsFunc(steps, func(s documentStep) bool { return s.title == title }) {
			t.Errorf("the document has no step %q", title)
		}
	}
	if t.Failed() {
		return
	}
	t.Setenv("SECRET_KEY", djangotest.SecretKey)
	t.Setenv("NEW_SECRET_KEY", "the new key")
	for _, c := range []struct {
		version djangotest.Version
		kind    dbtest.Kind
	}{
		{djangotest.V42, dbtest.SQLite}, {djangotest.V52, dbtest.Postgres},
		{djangotest.V42, dbtest.MariaDB}, {djangotest.V61, dbtest.SQLite},
	} {
		t.Run(string(c.version)+" "+string(c.kind), func(t *testing.T) {
			t.Parallel()
			j := newJourney(t, c.version, dbtest.New(t, c.kind))
			for _, s := range steps {
				if !t.Run(s.title, func(t *testing.T) { journeySteps[s.title](t, j, s) }) {
					t.Fatal("the next steps stand on this one")
				}
			}
		})
	}
}

func newJourney(t *testing.T, version djangotest.Version, db *dbtest.DB) *journey {
	t.Helper()
	j := &journey{all: t, version: version, db: db, handle: db.Open(t), settings: djangotest.Settings{
		"SESSION_COOKIE_SECURE": true,
		"SESSION_ENGINE":        "django.contrib.sessions.backends.cached_db",
		"PASSWORD_HASHERS":      []string{"django.contrib.auth.hashers.PBKDF2PasswordHasher"},
	}}
	j.runDjango(nil)
	j.front = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*j.program.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(j.front.Close)
	return j
}

// runDjango starts Django anew, with these settings on top of those of before.
func (j *journey) runDjango(settings djangotest.Settings) {
	j.all.Helper()
	for name, value := range settings {
		j.settings[name] = value
	}
	j.django = djangotest.Start(j.all, j.version, j.db, j.settings)
	// for a fast test
	j.python(j.all,
		"from django.contrib.auth.hashers import PBKDF2PasswordHasher; PBKDF2PasswordHasher.iterations"+
			" = 1000")
}

// python has Django's shell run a program.
func (j *journey) python(t *testing.T, program string) {
	t.Helper()
	reply, err := j.django.Do(http.DefaultClient, step{"command", "shell", "-c", program})
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("Django's shell: %d, %v\n%s", reply.Status, err, program)
	}
}

// upstream is where Django listens.
func (j *journey) upstream() *url.URL {
	u, err := url.Parse(j.django.URL)
	if err != nil {
		j.all.Fatal(err)
	}
	return u
}

// browser is a new visitor's.
func (j *journey) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		j.all.Fatal(err)
	}
	return &http.Client{Jar: jar, Transport: j.front.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// atDjango has Django do the steps, by way of the front.
func (j *journey) atDjango(t *testing.T, client *http.Client, steps ...step) djangotest.Reply {
	t.Helper()
	return (&djangotest.Site{Version: j.version, URL: j.front.URL + "/"}).Must(t, client, steps...)
}

// userAtDjango is the name of the user whom Django sees, "" if there is none.
func (j *journey) userAtDjango(t *testing.T, client *http.Client) string {
	t.Helper()
	name, _ := j.atDjango(t, client, step{"user"}).Result(t, 0).(string)
	return name
}

// visit asks for a page, and posts the form if there is one.
func (j *journey) visit(
	t *testing.T, client *http.Client, path string, form url.Values,
) (status int, body string, header http.Header) {
	t.Helper()
	method, content := http.MethodGet, ""
	if form != nil {
		method, content = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequest(method, j.front.URL+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

// greets checks who is logged in at Go's account page, "" for nobody.
func (j *journey) greets(t *testing.T, client *http.Client, name string) {
	t.Helper()
	status, body, header := j.visit(t, client, "/account/", nil)
	want, wanted := http.StatusOK, "Hello, "+name+"!"
	if name == "" {
		want, wanted = http.StatusFound, header.Get("Location")
		body = "/accounts/login/?next=/account/"
	}
	if status != want || body != wanted {
		t.Errorf("the account page answers %d %q %q, want %q", status, body, header.Get("Location"), name)
	}
}

// shops puts one piece into the cart, by Go, and checks how many there are.
func (j *journey) shops(t *testing.T, client *http.Client, item string, want int) {
	t.Helper()
	status, body, _ := j.visit(t, client, "/cart/"+item+"/", url.Values{})
	var cart Cart
	if err := json.Unmarshal([]byte(body), &cart); err != nil || status != http.StatusOK ||
		cart[item] != want {
		t.Errorf("the cart page answers %d %s, want %d of %s", status, body, want, item)
	}
}

// rows is how many rows a table has.
func (j *journey) rows(t *testing.T, table string) (n int64) {
	t.Helper()
	if err := j.handle.Table(table).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// The table of settings has all that Django has for sessions, and names no option that there is
// not.
func TestDocumentSettings(t *testing.T) {
	_, table, _ := strings.Cut(document(t), "\n## Settings\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var rows []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([A-Z_]+)`").FindAllStringSubmatch(cells[1], -1) {
				rows = append(rows, m[1])
			}
		}
	}
	names, err := json.Marshal(rows)
	if err != nil || len(rows) < 20 {
		t.Fatalf("%v, %s", err, names)
	}
	djangotest.Each(t, func(t *testing.T, version djangotest.Version) {
		site := djangotest.Start(t, version, dbtest.New(t, dbtest.SQLite), nil)
		site.Must(t, http.DefaultClient, step{"command", "shell", "-c", fmt.Sprintf(`
from django.conf import global_settings
named = set(%s)
there = {name for name in dir(global_settings) if name.startswith("SESSION_")}
assert there <= named, there - named
unknown = {name for name in named if not hasattr(global_settings, name)}
unknown -= {"SECRET_KEY_FALLBACKS", "CSRF_"}
assert not unknown, unknown
`, names)})
	})
	var code strings.Builder
	for _, file := range []string{
		"../options.go", "../model.go", "../former.go", "../users.go", "move.go", "requirelogin.go",
		"config.go",
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	for _, m := range regexp.MustCompile("`(?:django\\.|gormsession\\.)?(With[A-Za-z]+)").FindAllStringSubmatch(document(t), -1) {
		if !strings.Contains(code.String(), "func "+m[1]+"(") &&
			!strings.Contains(code.String(), "func "+m[1]+"[") {
			t.Errorf("the document names %s, which does not exist", m[1])
		}
	}
}
