package suite

import (
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// absences counts the lines that say that no cookie comes back.
func (s *site) absences() int { return strings.Count(s.log.String(), "has come back") }

// browse visits a page n times with the cookies that a browser would bring.
func (s *site) browse(n int, page func(*Call)) {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	browser := &http.Client{Transport: client.Transport, Jar: jar}
	url := s.url + "/" + s.addPage(page)
	for range n {
		res, err := browser.Get(url)
		if err != nil {
			s.t.Fatal(err)
		}
		res.Body.Close()
	}
}

// Where the browser refuses the cookie, or does not bring it to the page, each request makes a row:
// that is said once, with what is wrong.
func (on cases) TestCookieThatNeverComesBack(t *testing.T) {
	type opts = []gormsession.Option
	for because, o := range map[string]opts{
		"not within the domain": {gormsession.WithDomain("shop.example")},
		"not below the path":    {gormsession.WithPath("/app")},
	} {
		s := on.newSite(t, dbtest.New(t, dbtest.SQLite), o...)
		s.browse(30, writeName("Ann"))
		if rows := len(s.rows()); rows != 30 || s.absences() != 1 {
			t.Errorf("%s: %d rows, said %d times: %s", because, rows, s.absences(), s.log)
		}
		s.log.wants(t, "level=WARN", because, "cookie=session")
	}
	secure := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithSecure(true))
	for range 30 { // on a host that is not the browser's own, where it is refused
		secure.visit("", writeName("Ann"), func(r *http.Request) { r.Host = "shop.example" })
	}
	if secure.absences() != 1 {
		t.Errorf("over http it is said %d times: %s", secure.absences(), secure.log)
	}
	secure.log.wants(t, "came over http", "url=//shop.example/page")
	// Clients that keep no cookies look the same, but that takes longer to see.
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	for range 30 {
		s.visit("", writeName("Ann"))
	}
	if s.absences() != 1 {
		t.Errorf("without cookies it is said %d times: %s", s.absences(), s.log)
	}
}

// A cookie that comes back is none to speak of, whatever comes after it, and neither are requests
// that make no session.
func (on cases) TestCookieThatComesBack(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	s.browse(30, writeName("Ann"))
	for range 30 {
		s.visit("", writeName("Ann"))
	}
	if rows := len(s.rows()); rows != 31 || s.absences() != 0 {
		t.Errorf("%d rows: %s", rows, s.log)
	}
	quiet := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithDomain("shop.example"))
	quiet.browse(30, pageR)
	if quiet.absences() != 0 {
		t.Errorf("pages that make no session: %s", quiet.log)
	}
}
