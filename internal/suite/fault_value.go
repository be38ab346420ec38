package suite

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A value that cannot be encoded is an error of the program's: 500, and nothing of the request is
// saved.
func (on cases) TestFaultValueThatCannotBeEncoded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d)
		key := s.start(map[string]any{"n": 1, "name": "Ann"})
		cyclic := map[string]any{}
		cyclic["self"] = cyclic
		deep := any("bottom")
		for range 501 {
			deep = []any{deep}
		}
		before := s.rows()
		for what, page := range map[string]func(s *gormsession.State){
			"channel": func(s *gormsession.State) { s.Set("bad", make(chan int)) },
			"function": func(s *gormsession.State) {
				s.SetAll(map[string]any{"a": 1, "bad": func() {}, "z": 2})
			},
			"NaN": func(s *gormsession.State) { s.GetOrSet("bad", math.NaN()) },
			"a cycle": func(s *gormsession.State) {
				s.Modify("bad", func(any) any { return cyclic })
			},
			"501 levels": func(s *gormsession.State) { s.Flash(deep) },
			"another type": func(s *gormsession.State) {
				gormsession.Field[int]("name").Modify(s, plusOne)
			},
			"an odd year": func(s *gormsession.State) {
				s.SetExpiryAt(s.ExpiryDate().AddDate(9000, 0, 0))
			},
			"a text in a number": func(s *gormsession.State) { s.Set("bad", badMarshaler{}) },
		} {
			for _, request := range []string{key, ""} {
				got := s.visit(request, func(c *Call) {
					session := c.Session()
					session.Set("n", 2)
					session.Set("name", "Bob")
					page(session)
					session.Set("after", true)
					c.String(http.StatusOK, "all is well")
				})
				if got.status != http.StatusInternalServerError || got.body != "Internal Server Error\n" ||
					got.cookie != nil {
					t.Errorf("%s: answered with %d %q %v", what, got.status, got.body, got.cookie)
				}
			}
		}
		if after := s.rows(); len(after) != 1 || after[stored(key)] != before[stored(key)] {
			t.Errorf("the rows were %v and are %v", before, after)
		}
		s.log.wants(t, gormsession.ErrEncode.Error())
	})
}

type badMarshaler struct{}

func (badMarshaler) MarshalJSON() ([]byte, error) { return []byte(`{"a":`), nil }

const corrupted = `level=WARN msg="gormsession: Session data corrupted"`

// A row that cannot be read is left alone: the session is empty, with a warning, and what is
// written goes to a new one.
func (on cases) TestFaultRowThatCannotBeDecoded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d)
		for _, text := range unreadable {
			warned := strings.Count(s.log.String(), corrupted)
			key := s.start(map[string]any{"n": 1})
			if err := s.db.Exec("UPDATE web_sessions SET session_data = ? WHERE session_key = ?", text,
				stored(key)).Error; err != nil {
				t.Fatal(err)
			}
			before := s.rows()[stored(key)]
			for what, page := range map[string]func(*Call){
				"read":   func(c *Call) { c.String(http.StatusOK, "%d", c.Session().Len()) },
				"touch":  func(c *Call) { c.Session().Touch() },
				"delete": func(c *Call) { c.Session().Delete("n") },
				"clear":  func(c *Call) { c.Session().Clear() },
			} {
				if got := s.visit(key, page); got.status != http.StatusOK || got.cookie != nil ||
					what == "read" && got.body != "0" {
					t.Errorf("%.20q, %s: answered with %d %s %v", text, what, got.status, got.body, got.cookie)
				}
			}
			if n := strings.Count(s.log.String(), corrupted) - warned; n != 4 {
				t.Errorf("%.20q: %d requests warned of 4", text, n)
			}
			got := s.visit(key, increment)
			if got.cookieIs(key) != "new" || got.body != "1" {
				t.Fatalf("%.20q: a write was answered with %d %s %v", text, got.status, got.body, got.cookie)
			}
			rows := s.rows()
			if rows[stored(got.cookie.Value)].data != `{"n":1}` || rows[stored(key)] != before {
				t.Errorf("%.20q: the rows are %v", text, rows)
			}
			// Logging out ends it, readable or not.
			if got := s.visit(key, func(c *Call) { c.Session().Flush() }); got.cookieIs(key) != "deleted" {
				t.Errorf("%.20q: a logout was answered with %d", text, got.status)
			}
			if _, ok := s.rows()[stored(key)]; ok {
				t.Errorf("%.20q: a logout left the row", text)
			}
		}
	})
}
