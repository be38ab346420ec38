package suite

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A codec that seals binds the text to the row: it follows the session to a new key, and opens in
// no other row.
func (on cases) TestSealedRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d, gormsession.WithCodec(newSealing()))
		ann := s.visit(s.start(map[string]any{"name": "Ann"}), func(c *Call) {
			c.Session().CycleKey()
			counter.Modify(c.Session(), func(n int) int { return n + 1 })
		}).cookie.Value
		eve := s.start(map[string]any{"name": "Eve"})
		if e := s.entries(ann); e["name"] != "Ann" || e[string(counter)] != int64(1) {
			t.Errorf("under its new key it holds %v", e)
		}
		if data := s.rows()[stored(ann)].data; strings.Contains(data, "Ann") {
			t.Errorf("the row holds %s", data)
		}
		err := s.db.Exec("UPDATE web_sessions SET session_data = ? WHERE session_key = ?",
			s.rows()[stored(ann)].data, stored(eve)).Error
		if err != nil {
			t.Fatal(err)
		}
		got := s.visit(eve, readName)
		if got.status != http.StatusOK || got.body != "null" {
			t.Errorf("with the data of another row: %d %s", got.status, got.body)
		}
	})
}

// nil means the default for what answers and for what logs.
func (on cases) TestNilErrorHandlerAndLogger(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithErrorHandler(nil),
		gormsession.WithLogger(nil))
	got := s.visit("", func(c *Call) { c.Session().Set("n", make(chan int)) })
	if got.status != http.StatusInternalServerError || got.body != "Internal Server Error\n" {
		t.Errorf("%d %q", got.status, got.body)
	}
}
