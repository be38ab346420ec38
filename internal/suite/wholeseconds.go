package suite

import (
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// In a table of an early Django's, whose expire_date holds whole seconds, a save succeeds at once
// that changes nothing but its end, and that by less than a second: MySQL counts no such row. A
// renewal finds its row.
func (on behind) TestWholeSeconds(t *testing.T) {
	for kind, statement := range map[dbtest.Kind]string{
		dbtest.MariaDB:  "ALTER TABLE django_session MODIFY expire_date datetime NOT NULL",
		dbtest.Postgres: "ALTER TABLE django_session ALTER expire_date TYPE timestamptz(0)",
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, kind)
			django := gormsession.WithOptions(withLayout(layout.Django()), gormsession.WithExpiryStep(0),
				gormsession.WithTimeout(2*time.Second))
			on.newSite(t, d, django).exec(statement)
			s := on.newSite(t, d, django)
			s.cookieName = "sessionid"
			key := s.start(map[string]any{"name": "Ann"})
			for what, page := range map[string]func(*Call){
				"saved twice":        func(c *Call) { writeName("Ann")(c); saves(c); s.clock.advance(1000) },
				"the same":           writeName("Ann"),
				"touched":            pageT,
				"saved, and touched": func(c *Call) { saves(c); s.clock.advance(time.Second); pageT(c) },
			} {
				s.clock.advance(time.Millisecond)
				if got := s.visit(key, page); got.status != http.StatusOK || got.cookie == nil {
					t.Errorf("%s: %d, and the cookie is %v\n%s", what, got.status, got.cookie, s.log)
				}
			}
		})
	}
}
