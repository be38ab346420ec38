package django_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// A login of step 7 leads nowhere that Django's would not lead to, and to all pages of the site.
func TestDocumentNextPage(t *testing.T) {
	t.Parallel()
	site := djangotest.Start(t, djangotest.V52, dbtest.New(t, dbtest.SQLite), nil)
	taken := []string{
		"/", "/a", "/a/?b=c&d=//e", "/%2Fevil.example", "/%5Cevil.example", "/a:b", "/@evil.example",
		"/a//b",
		"/\u00e9",
	}
	refused := []string{
		"", "a", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`,
		"/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example",
		"http://evil.example/", "https:evil.example", "javascript:alert(1)", "/a\r\nb: c",
		"//", "http:///evil.example", "\x00/", "/\x00/evil.example", "?a", "#a", "@evil.example",
	}
	for _, next := range taken {
		if got := nextPage(next); got != next {
			t.Errorf("%q leads to %q", next, got)
		}
		if site.Must(t, http.DefaultClient,
			step{"is_of_host", next, "shop.example"}).Result(t, 0) != true {
			t.Errorf("%q is taken, and Django refuses it", next)
		}
	}
	for _, next := range refused {
		if got := nextPage(next); got != "/account/" {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}

// Each Django's passwords are read, and the number of iterations is what step 1 prints.
func TestDocumentPasswords(t *testing.T) {
	t.Parallel()
	guide := documentSteps(t)
	var text strings.Builder
	for _, block := range guide[6].blocks("go") {
		text.WriteString(block)
	}
	djangotest.Each(t, func(t *testing.T, version djangotest.Version) {
		t.Parallel()
		db := dbtest.New(t, dbtest.SQLite)
		site := djangotest.Start(t, version, db, djangotest.Settings{
			"PASSWORD_HASHERS": []string{"django.contrib.auth.hashers.PBKDF2PasswordHasher"}})
		site.Migrate(t)
		site.Must(t, http.DefaultClient, step{"make_user", "alice", "p\u00e4ssword"})
		encoded, _ := site.Must(t, http.DefaultClient,
			step{"password_column", "alice"}).Result(t, 0).(string)
		if !checkPassword(encoded, "p\u00e4ssword") || checkPassword(encoded, "password") {
			t.Errorf("%s is not read", encoded)
		}
		made := strings.Split(encoded, "$")[1]
		screen := site.Paste(t, guide[0].blocks("python")[0])
		if !strings.Contains(screen, "\nhasher = pbkdf2_sha256 "+made+" ") {
			t.Errorf("%s is not at the terminal:\n%s", made, screen)
		}
		said := string(version) + " has " + withCommas(made)
		if !strings.Contains(text.String(), said) {
			t.Errorf("step 7 does not say that %s", said)
		}
	})
}

// withCommas writes a number as in 1,000,000.
func withCommas(digits string) string {
	if n := len(digits) - 3; n > 0 {
		return withCommas(digits[:n]) + "," + digits[n:]
	}
	return digits
}
