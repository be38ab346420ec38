package django_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// journeySteps follow the steps of docs/django.md, by their headings.
var journeySteps = map[string]func(*testing.T, *journey, documentStep){
	"1. Check Django's settings":             checkSettings,
	"2. Keep sessions in the database alone": leaveTheCache,
	"3. Put the Go program in front":         putInFront,
	"4. Share the sessions":                  shareSessions,
	"5. Move a page that reads":              moveReading,
	"6. Move a page that writes":             moveWriting,
	"7. Move the login":                      moveLogin,
	"8. Rotate the SECRET_KEY":               rotateKey,
	"9. Go back":                             goBack,
	"10. Move the last page":                 moveLastPage,
	"11. Know both tables":                   knowBothTables,
	"12. Begin with the new table":           beginWithNewTable,
	"13. Move the rows":                      moveRows,
	"14. Leave Django's table":               leaveTable,
}

// run puts a program behind the front.
func (j *journey) run(program http.Handler) { j.program.Store(&program) }

// runShop deploys the program as it is after that step, beside Django while there is one.
func (j *journey) runShop(number int, secrets rotation) {
	j.all.Helper()
	plugin, err := openSessionsOf(number, secrets, j.handle)
	if err != nil {
		j.all.Fatal(err)
	}
	r := gin.New()
	if j.django != nil {
		r = handingOn(j.upstream(), local)
	}
	j.run(serve(r, j.handle, plugin, number))
}

func checkSettings(t *testing.T, j *journey, s documentStep) {
	const engines, isJSON = "django.contrib.sessions.backends.",
		"django.contrib.sessions.serializers.JSONSerializer"
	check, err := json.Marshal(s.blocks("python")[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ engine, serializer, problem string }{
		{"db", isJSON, ""},
		{"cached_db", isJSON, "SESSION_ENGINE reads from a cache"},
		{"cache", isJSON, "SESSION_ENGINE keeps no table"},
		{"signed_cookies", isJSON, "SESSION_ENGINE keeps no table"},
		// for one that all versions can import
		{"db", "django.core.signing.Signer", "sessions must be JSON"},
	} {
		j.python(t, fmt.Sprintf(`
from django.conf import settings
was, said = (settings.SESSION_ENGINE, settings.SESSION_SERIALIZER), ""
settings.SESSION_ENGINE, settings.SESSION_SERIALIZER = %q, %q
try:
    exec(%s)
except Exception as e:
    said = str(e)
finally:
    settings.SESSION_ENGINE, settings.SESSION_SERIALIZER = was
assert %[4]q in said and bool(said) == bool(%[4]q), said
`, engines+c.engine, c.serializer, check, c.problem))
	}
	// What somebody sees who pastes it into the shell, where the site has a cache.
	screen := j.django.Paste(t, s.blocks("python")[0])
	if !strings.Contains(screen, "AssertionError: SESSION_ENGINE reads from a cache: see step 2") ||
		strings.Count(screen, "Traceback") != 1 || strings.Contains(screen, "SyntaxError") {
		t.Errorf("the terminal shows\n%s", screen)
	}
}

func leaveTheCache(t *testing.T, j *journey, s documentStep) {
	j.django.Migrate(t)
	j.run(handingOn(j.upstream(), local)) // for the web server that there is
	j.alice = j.browser()
	for _, name := range []string{"alice", "bob"} {
		j.atDjango(t, j.browser(), step{"make_user", name, "pw"})
	}
	j.atDjango(t, j.alice, step{"login", "alice", "pw"}, step{"set", "cart", map[string]int{"tea": 1}})

	// Why: who logs out in Go stays logged in.
	bob := j.browser()
	key := j.atDjango(t, bob, step{"login", "bob", "pw"}).Key
	plugin, err := gormsession.New(j.handle, django.Compatible(notRotated.config()))
	if err != nil {
		t.Fatal(err)
	}
	if err := plugin.Delete(t.Context(), key); err != nil {
		t.Error(err)
	}
	if exists, err := plugin.Exists(t.Context(), key); exists || err != nil ||
		j.userAtDjango(t, bob) != "bob" {
		t.Errorf("the row exists: %t, %v; Django's cache no longer says bob", exists, err)
	}

	j.runDjango(s.settings(t, 0))
	j.run(handingOn(j.upstream(), local))
	screen := j.django.Paste(t, documentSteps(t)[0].blocks("python")[0])
	for _, line := range []string{
		"SESSION_COOKIE_AGE = 1209600", "salt = django.contrib.sessions.SessionStore (",
		"hasher = pbkdf2_sha256 ",
	} {
		if !strings.Contains(screen, "\n"+line) || strings.Contains(screen, "Traceback") ||
			strings.Contains(screen, "SyntaxError") {
			t.Errorf("no %q stands at the terminal:\n%s", line, screen)
		}
	}
	if a, b := j.userAtDjango(t, j.alice), j.userAtDjango(t, bob); a != "alice" || b != "" {
		t.Errorf("after the change of the engine Django sees %q and %q", a, b)
	}
}

func putInFront(t *testing.T, j *journey, _ documentStep) {
	j.run(handingOn(j.upstream(), local))
	if name := j.userAtDjango(t, j.alice); name != "alice" {
		t.Errorf("Django sees %q", name)
	}
	stranger := j.browser()
	cookie := j.atDjango(t, stranger, step{"set", "a", 1}).Header.Get("Set-Cookie")
	if !strings.Contains(cookie, "sessionid=") || !strings.Contains(cookie, "Secure") ||
		!strings.Contains(cookie, "Max-Age=1209600") {
		t.Errorf("Django sets %s", cookie)
	}
	if status, body, _ := j.visit(t, stranger, "/nowhere", nil); status != http.StatusNotFound ||
		!strings.Contains(body, "Not Found") {
		t.Errorf("a page that nobody has: %d %s", status, body)
	}
}

func shareSessions(t *testing.T, j *journey, _ documentStep) {
	before := j.rows(t, "django_session")
	j.runShop(4, notRotated)
	if after := j.rows(t, "django_session"); after != before ||
		j.handle.Migrator().HasTable("web_sessions") {
		t.Errorf("of %d rows there are %d, another table was made: %t", before, after,
			j.handle.Migrator().HasTable("web_sessions"))
	}
	if status, body, _ := j.visit(t, j.alice, "/go/", nil); status != http.StatusOK ||
		body != "4 entries" {
		t.Errorf("Go says %d %s of a login and a cart", status, body)
	}
	// What a wrong secret looks like.
	var log bytes.Buffer
	wrong, err := gormsession.New(j.handle, django.Compatible(django.Config{SecretKey: "wrong"}),
		gormsession.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	s, err := wrong.Open(t.Context(), j.atDjango(t, j.alice, step{"user"}).Key)
	if err != nil {
		t.Fatal(err)
	}
	if s.Set("a", 1); s.Len() != 1 || s.Save() != nil ||
		!strings.Contains(log.String(), "Session data corrupted") {
		t.Errorf("with a wrong secret there are %d entries, and the log says %s", s.Len(), &log)
	}
	if name := j.userAtDjango(t, j.alice); name != "alice" {
		t.Errorf("then Django sees %q", name)
	}
}

func moveReading(t *testing.T, j *journey, _ documentStep) {
	j.runShop(5, notRotated)
	j.greets(t, j.alice, "alice")
	j.greets(t, j.browser(), "")
	res, err := j.alice.Head(j.front.URL + "/account/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK || res.ContentLength != int64(len("Hello, alice!")) {
		t.Errorf("HEAD is answered with %d and %d bytes, as by Django", res.StatusCode, res.ContentLength)
	}
	bob := j.browser()
	j.atDjango(t, bob, step{"login", "bob", "pw"})
	j.greets(t, bob, "bob")
	j.atDjango(t, bob, step{"logout"})
	j.greets(t, bob, "")
}

func moveWriting(t *testing.T, j *journey, _ documentStep) {
	j.runShop(6, notRotated)
	j.shops(t, j.alice, "tea", 2)
	if got := j.atDjango(t, j.alice, step{"get", "cart"}, step{"set", "color", "red"}); string(got.Results[0]) != `{"tea": 2}` {
		t.Errorf("Django's cart is %s", got.Results[0])
	}
	j.shops(t, j.alice, "tea", 3)
	r, err := http.NewRequest(http.MethodPost, j.front.URL+"/cart/tea/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := j.alice.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site's was answered with %d", res.StatusCode)
	}

	if status, body, _ := j.visit(t, j.alice, "/cart/tea",
		url.Values{}); status != http.StatusNotFound || !strings.Contains(body, "Not Found") {
		t.Errorf("what Go does not know is Django's, which says %d %s", status, body)
	}

	// What Django overwrites, and what Go does not.
	gate := j.django.Gate("slow view")
	slow := make(chan error, 1)
	go func() {
		site := djangotest.Site{Version: j.version, URL: j.front.URL + "/"}
		reply, err := site.Do(j.alice, step{"get", "cart"}, gate.Wait(), step{"set", "color", "blue"})
		if err == nil && reply.Status != http.StatusOK {
			err = fmt.Errorf("status %d", reply.Status)
		}
		slow <- err
	}()
	gate.Arrived(t)
	j.shops(t, j.alice, "tea", 4)
	gate.Open(t)
	if err := <-slow; err != nil {
		t.Fatal(err)
	}
	if got := j.atDjango(t, j.alice, step{"get", "cart"}, step{"get", "color"}); string(got.Results[0]) != `{"tea": 3}` || got.Result(t, 1) != "blue" {
		t.Errorf("after a slow view of Django's there are %s", got.Results)
	}
	shop, err := gormsession.New(j.handle, django.Compatible(notRotated.config()))
	if err != nil {
		t.Fatal(err)
	}
	state, err := shop.Open(t.Context(), j.atDjango(t, j.alice, step{"user"}).Key)
	if err != nil {
		t.Fatal(err)
	}
	j.atDjango(t, j.alice, step{"set", "color", "green"})
	cart.Set(state, Cart{"tea": 5})
	if err := state.Save(); err != nil {
		t.Fatal(err)
	}
	if got := j.atDjango(t, j.alice, step{"get", "cart"}, step{"get", "color"}); string(got.Results[0]) != `{"tea": 5}` || got.Result(t, 1) != "green" {
		t.Errorf("after a slow request of Go's there are %s", got.Results)
	}
}

func moveLogin(t *testing.T, j *journey, _ documentStep) {
	j.runShop(7, notRotated)
	bob := j.browser()
	login := func(name, password string) int {
		status, _, _ := j.visit(t, bob, "/accounts/login/",
			url.Values{"username": {name}, "password": {password}})
		return status
	}
	j.shops(t, bob, "coffee", 1)
	if status := login("bob", "wrong"); status != http.StatusUnauthorized {
		t.Errorf("a wrong password was answered with %d", status)
	}
	if status := login("nobody", "pw"); status != http.StatusUnauthorized {
		t.Errorf("a user who is not there was answered with %d", status)
	}
	if status := login("bob", "pw"); status != http.StatusSeeOther || j.userAtDjango(t, bob) != "bob" {
		t.Errorf("a login was answered with %d, and Django sees %q", status, j.userAtDjango(t, bob))
	}
	j.greets(t, bob, "bob")
	for next, want := range map[string]string{
		"/cart/?a=b":      "/cart/?a=b",
		"//evil.example/": "/account/",
		"":                "/account/",
	} {
		form := url.Values{"username": {"bob"}, "password": {"pw"}, "next": {next}}
		if _, _, header := j.visit(t, bob, "/accounts/login/", form); header.Get("Location") != want {
			t.Errorf("a login for %q leads to %s", next, header.Get("Location"))
		}
		form.Del("next")
		if _, _, header := j.visit(t, bob, "/accounts/login/?"+url.Values{"next": {next}}.Encode(),
			form); header.Get("Location") != want {
			t.Errorf("a login at ?next=%s leads to %s", next, header.Get("Location"))
		}
	}
	j.shops(t, bob, "coffee", 2) // what he had before the login
	j.atDjango(t, j.browser(), step{"set_password", "bob", "new"})
	j.greets(t, bob, "")
	if status := login("bob", "new"); status != http.StatusSeeOther {
		t.Errorf("a login with the new password was answered with %d", status)
	}
	j.greets(t, bob, "bob")
	if status, _, _ := j.visit(t, bob, "/accounts/logout/",
		url.Values{}); status != http.StatusSeeOther || j.userAtDjango(t, bob) != "" {
		t.Errorf("a logout was answered with %d, and Django sees %q", status, j.userAtDjango(t, bob))
	}
}

func rotateKey(t *testing.T, j *journey, s documentStep) {
	const oldKey = djangotest.SecretKey
	part := func(n int) djangotest.Settings {
		settings := s.settings(t, n)
		text := strings.ReplaceAll(fmt.Sprint(settings["SECRET_KEY"]), "the old key", oldKey)
		settings["SECRET_KEY"] = text
		if fallbacks := settings["SECRET_KEY_FALLBACKS"].([]any); len(fallbacks) > 0 &&
			fallbacks[0] == "the old key" {
			settings["SECRET_KEY_FALLBACKS"] = []any{oldKey}
		}
		return settings
	}
	bob := j.browser()
	j.atDjango(t, bob, step{"login", "bob", "new"})
	all := func(when string) {
		t.Helper()
		for name, client := range map[string]*http.Client{"alice": j.alice, "bob": bob} {
			j.greets(t, client, name)
			if got := j.userAtDjango(t, client); got != name {
				t.Errorf("%s: Django sees %q, not %s", when, got, name)
			}
			j.greets(t, client, name) // what Django has signed
		}
	}
	j.runDjango(part(0))
	j.runShop(7, notRotated)
	all("Django reads the new key")
	j.runShop(7, readsBoth)
	all("both read the new key")
	j.runShop(7, signsWithNew)
	all("Go signs with the new key")
	j.runDjango(part(1))
	j.runShop(7, readsBoth) // for the other order
	all("Django signs with the new key")
	j.runShop(7, signsWithNew)
	all("both sign with the new key")
	j.shops(t, j.alice, "tea", 6)
	j.shops(t, bob, "tea", 1)
	j.runDjango(part(2))
	j.runShop(7, rotated)
	all("the old key is forgotten")
}

func goBack(t *testing.T, j *journey, _ documentStep) {
	j.run(handingOn(j.upstream(), local))
	got := j.atDjango(t, j.alice, step{"user"}, step{"get", "cart"},
		step{"set", "cart", map[string]int{"tea": 7}})
	if got.Result(t, 0) != "alice" || string(got.Results[1]) != `{"tea": 6}` {
		t.Errorf("Django has %s", got.Results)
	}
	j.runShop(7, rotated)
	j.shops(t, j.alice, "tea", 8)
}

func moveLastPage(t *testing.T, j *journey, _ documentStep) {
	gone := j.browser()
	j.atDjango(t, gone, step{"set_expiry", -60}, step{"set", "a", 1})
	j.django = nil
	j.runShop(10, rotated)
	j.greets(t, j.alice, "alice")
	before := j.rows(t, "django_session")
	j.shops(t, j.browser(), "tea", 1) // a new row, after which Go looks for those that have expired
	for ends := time.Now().Add(time.Minute); j.rows(t, "django_session") > before; {
		if time.Now().After(ends) {
			t.Fatalf("of %d rows, one of which has expired, and a new one there are %d", before,
				j.rows(t, "django_session"))
		}
	}
}

func knowBothTables(t *testing.T, j *journey, _ documentStep) {
	before := j.rows(t, "django_session")
	j.runShop(11, rotated)
	j.greets(t, j.alice, "alice")
	j.shops(t, j.browser(), "tea", 1)
	if old, now := j.rows(t, "django_session"), j.rows(t, "web_sessions"); old != before+1 ||
		now != 0 {
		t.Errorf("a new session: %d rows, of %d, and %d in the new table", old, before, now)
	}
}

func beginWithNewTable(t *testing.T, j *journey, _ documentStep) {
	before, late := j.rows(t, "django_session"), j.browser()
	j.runShop(12, rotated)
	j.greets(t, j.alice, "alice")
	j.shops(t, j.alice, "tea", 9)
	j.shops(t, late, "tea", 1)
	if old, now := j.rows(t, "django_session"), j.rows(t, "web_sessions"); old != before || now != 1 {
		t.Errorf("a new session: %d rows, of %d, and %d in the new table", old, before, now)
	}
	j.runShop(11, rotated) // a server of the step before
	j.greets(t, j.alice, "alice")
	j.shops(t, late, "tea", 2)
	j.runShop(12, rotated)
	j.shops(t, late, "tea", 3)
}

func moveRows(t *testing.T, j *journey, _ documentStep) {
	before, there := j.rows(t, "django_session"), j.rows(t, "web_sessions")
	db, ctx, config := j.handle, t.Context(), rotated.config()
	moved, err := django.MoveToHashed(ctx, db, config)
	// What a wrong secret has signed, in step 4, and what nobody has saved since the old key signed
	// it, in step 3.
	if left := j.rows(t, "django_session"); err != nil || left != 2 || moved.Undecodable != 2 ||
		moved.Malformed+moved.Taken != 0 || int64(moved.Rows)+left != before {
		t.Errorf("of %d rows %d are left, %+v, %v", before, left, moved, err)
	}
	if now := j.rows(t, "web_sessions"); now != there+int64(moved.Rows) {
		t.Errorf("the new table has %d rows", now)
	}
	j.greets(t, j.alice, "alice")
	j.shops(t, j.alice, "tea", 10)
	if again, err := django.MoveToHashed(ctx, db, config); err != nil || again.Rows != 0 {
		t.Errorf("once more: %+v, %v", again, err)
	}
}

func leaveTable(t *testing.T, j *journey, s documentStep) {
	j.runShop(14, rotated)
	if err := j.handle.Exec(s.blocks("sql")[0]).Error; err != nil {
		t.Fatal(err)
	}
	j.greets(t, j.alice, "alice")
	j.shops(t, j.alice, "tea", 11)
	if status, _, _ := j.visit(t, j.alice, "/accounts/logout/",
		url.Values{}); status != http.StatusSeeOther {
		t.Errorf("a logout was answered with %d", status)
	}
	j.greets(t, j.alice, "")
	if status, _, _ := j.visit(t, j.alice, "/accounts/login/",
		url.Values{"username": {"alice"}, "password": {"pw"}}); status != http.StatusSeeOther {
		t.Errorf("a login was answered with %d", status)
	}
	j.greets(t, j.alice, "alice")
}
