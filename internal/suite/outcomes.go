package suite

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// bring prepares what a request brings along: a cookie's value, "" for none.
func (s *site) bring(request string) (key string) {
	s.t.Helper()
	switch request {
	case "none":
		return ""
	case "unknown":
		return keyWithoutRow
	case "malformed":
		return "Robert'); DROP TABLE"
	}
	key = s.start(map[string]any{"name": "Ann"})
	change := ""
	switch request {
	case "expired":
		change = "expire_date = '2026-03-04 05:06:07.123456'" // strictly greater is live
	case "undecodable":
		change = "session_data = '[1, 2'"
	}
	if change != "" {
		if err := s.db.Exec("UPDATE "+s.table+" SET "+change+" WHERE session_key = ?",
			stored(key)).Error; err != nil {
			s.t.Fatal(err)
		}
	}
	return key
}

// An outcome is what a request does to the client's cookie, to caches, to the table, and what the
// database was asked.
type outcome struct {
	cookie string // as of reply.cookieIs
	vary   bool   // with it goes Cache-Control: private
	rows   string // "", "inserted", "updated", "renewed" (expire_date alone), "moved" or "deleted"
	asked  string
}

// outcomeOf visits and compares the table before and after.
func (s *site) outcomeOf(key string, page func(*Call)) (reply, outcome) {
	s.t.Helper()
	before := s.rows()
	got := s.visit(key, page)
	after := s.rows()
	o := outcome{
		cookie: got.cookieIs(key),
		asked:  strings.NewReplacer("BEGIN ", "", " COMMIT", "").Replace(got.verbs()),
	}
	switch vary, control := strings.Join(got.header["Vary"],
		"|"), strings.Join(got.header["Cache-Control"], "|"); {
	case vary == "Cookie" && control == "private":
		o.vary = true
	case vary != "" || control != "":
		s.t.Errorf("Vary is %q beside Cache-Control: %q", vary, control)
	}
	b, a := before[stored(key)], after[stored(key)]
	_, was := before[stored(key)]
	_, is := after[stored(key)]
	switch {
	case maps.Equal(before, after):
	case len(after) > len(before) && a == b:
		o.rows = "inserted"
	case was && !is && len(after) == len(before):
		o.rows = "moved"
	case was && !is:
		o.rows = "deleted"
	case a.data == b.data:
		o.rows = "renewed"
	default:
		o.rows = "updated"
	}
	if o.cookie == "new" || o.cookie == "refreshed" {
		if _, ok := after[stored(got.cookie.Value)]; !ok {
			s.t.Errorf("the cookie holds a key that has no row: %s", got.line)
		}
	}
	return got, o
}

type cell struct {
	request string
	page    func(*Call)
	name    string // of the page
	want    outcome
}

// The table of outcomes, cell by cell, for responses below 500.
var outcomes = []cell{
	{"none", pageS, "S", outcome{}},
	{"none", pageR, "R", outcome{vary: true}},
	{"none", pageW, "W", outcome{"new", true, "inserted", "INSERT"}},
	{"none", pageC, "cycle", outcome{"new", true, "inserted", "INSERT"}},
	{"none", pageF, "flush", outcome{vary: true}},
	{"none", pageN, "flush, W", outcome{"new", true, "inserted", "INSERT"}},
	{"none", pageT, "touch", outcome{vary: true}},
	{"none", pageX, "clear", outcome{vary: true}},
	{"live", pageS, "S", outcome{}},
	{"live", pageR, "R", outcome{"", true, "", "SELECT"}},
	{"live", pageW, "W", outcome{"refreshed", true, "updated", "SELECT UPDATE"}},
	{"live", pageC, "cycle", outcome{"new", true, "moved", "SELECT UPDATE"}},
	{"live", pageF, "flush", outcome{"deleted", true, "deleted", "DELETE"}},
	{"live", pageN, "flush, W", outcome{"new", true, "moved", "DELETE INSERT"}},
	{"live", pageT, "touch", outcome{"refreshed", true, "renewed", "SELECT UPDATE"}},
	{"live", pageX, "clear", outcome{"refreshed", true, "updated", "SELECT UPDATE"}},
	{"live", pageD, "discard", outcome{"", true, "", "SELECT"}},
	{"unknown", pageS, "S", outcome{}},
	{"unknown", pageR, "R", outcome{"", true, "", "SELECT"}},
	{"unknown", pageT, "touch", outcome{"", true, "", "SELECT"}},
	{"unknown", pageD, "discard", outcome{"", true, "", "SELECT"}},
	{"unknown", pageW, "W", outcome{"new", true, "inserted", "SELECT INSERT"}},
	{"unknown", pageC, "cycle", outcome{"new", true, "inserted", "SELECT INSERT"}},
	{"unknown", pageF, "flush", outcome{"deleted", true, "", "DELETE"}},
	{"unknown", pageX, "clear", outcome{"deleted", true, "", "SELECT"}},
	{"unknown", pageE, "set and delete", outcome{"deleted", true, "", "SELECT"}},
	{"expired", pageS, "S", outcome{}},
	{"expired", pageR, "R", outcome{"", true, "", "SELECT"}},
	{"expired", pageW, "W", outcome{"new", true, "inserted", "SELECT INSERT"}},
	{"malformed", pageS, "S", outcome{}},
	{"malformed", pageR, "R", outcome{"deleted", true, "", ""}},
	{"malformed", pageW, "W", outcome{"new", true, "inserted", "INSERT"}},
	{"malformed", pageF, "flush", outcome{"deleted", true, "", ""}},
	{"undecodable", pageS, "S", outcome{}},
	{"undecodable", pageR, "R", outcome{"", true, "", "SELECT"}},
	{"undecodable", pageW, "W", outcome{"new", true, "inserted", "SELECT INSERT"}},
	{"undecodable", pageC, "cycle", outcome{"new", true, "inserted", "SELECT INSERT"}},
	{"undecodable", pageF, "flush", outcome{"deleted", true, "deleted", "DELETE"}},
}

// checkOutcomes visits each cell on a site of its own kind.
func (on ground) checkOutcomes(
	t *testing.T, d *dbtest.DB, cells []cell, status int, opts ...gormsession.Option,
) {
	t.Helper()
	s := on.newSite(t, d, opts...)
	for _, c := range cells {
		key := s.bring(c.request)
		s.clock.advance(24 * time.Hour) // so that each save comes in a later step
		got, is := s.outcomeOf(key, func(ctx *Call) {
			ctx.Status(status)
			c.page(withStatus(ctx, status))
		})
		if is != c.want || got.status != status {
			t.Errorf("%s %s: %d %+v, want %d %+v\n%s", c.request, c.name, got.status, is, status, c.want,
				got.line)
		}
	}
}

// withStatus lets a page, which answers with 200, answer with another status.
func withStatus(c *Call, status int) *Call {
	c.Writer = statusWriter{c.Writer, status}
	return c
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w statusWriter) WriteHeader(int) { w.ResponseWriter.WriteHeader(w.status) }

// Each cell of the table: what a request brings and does decides what becomes of its cookie, of the
// headers for caches and of its row, and what the database is asked.
func (on cases) TestOutcomes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		statuses := []int{200}
		if d.Kind() == dbtest.SQLite {
			statuses = []int{200, 201, 303, 403, 404} // redirects and errors of the client's save too
		}
		for _, status := range statuses {
			t.Run(http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				on.checkOutcomes(t, dbtest.New(t, d.Kind()), outcomes, status)
			})
		}
	})
}

// From 500 on nothing is saved and no cookie set. Vary, the deletion of a cookie and a flush happen
// all the same.
func (on cases) TestOutcomesOfServerErrors(t *testing.T) {
	cells := []cell{
		{"none", pageS, "S", outcome{}},
		{"none", pageR, "R", outcome{vary: true}},
		{"none", pageW, "W", outcome{vary: true}},
		{"none", pageF, "flush", outcome{vary: true}},
		{"live", pageS, "S", outcome{}},
		{"live", pageR, "R", outcome{"", true, "", "SELECT"}},
		{"live", pageW, "W", outcome{"", true, "", "SELECT"}},
		{"live", pageC, "cycle", outcome{"", true, "", "SELECT"}}, // the old key lives
		{"live", pageF, "flush", outcome{"deleted", true, "deleted", "DELETE"}},
		{"live", pageN, "flush, W", outcome{"deleted", true, "deleted", "DELETE"}},
		{"live", pageT, "touch", outcome{}},
		{"live", pageX, "clear", outcome{"", true, "", "SELECT"}},
		{"unknown", pageS, "S", outcome{}},
		{"unknown", pageR, "R", outcome{"", true, "", "SELECT"}},
		{"unknown", pageW, "W", outcome{"", true, "", "SELECT"}},
		{"unknown", pageC, "cycle", outcome{"", true, "", "SELECT"}},
		{"unknown", pageX, "clear", outcome{"", true, "", "SELECT"}},
		{"unknown", pageF, "flush", outcome{"deleted", true, "", "DELETE"}},
		{"expired", pageR, "R", outcome{"", true, "", "SELECT"}},
		{"malformed", pageS, "S", outcome{}},
		{"malformed", pageR, "R", outcome{"deleted", true, "", ""}},
		{"undecodable", pageR, "R", outcome{"", true, "", "SELECT"}},
		{"undecodable", pageW, "W", outcome{"", true, "", "SELECT"}},
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for _, status := range []int{500, 502} {
			on.checkOutcomes(t, dbtest.New(t, d.Kind()), cells, status)
		}
	})
}
