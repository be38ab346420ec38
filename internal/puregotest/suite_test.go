package puregotest

import (
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/libtnb/sqlite"
	"gorm.io/gorm"
	modernc "modernc.org/sqlite"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/suite"
)

func TestMain(m *testing.M) {
	dbtest.UseSQLite(&modernc.Driver{}, func(dsn string, pool gorm.ConnPool) gorm.Dialector {
		return sqlite.New(sqlite.Config{DSN: dsn, Conn: pool})
	})
	dbtest.Kinds = []dbtest.Kind{dbtest.SQLite}
	os.Exit(suite.Main(m, onHTTP))
}

// onHTTP is net/http as the suite knows it.
var onHTTP = suite.Adapter{
	Gorm: "default", // one will do, as the driver is another
	Mount: func(app suite.Application) http.Handler {
		page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			get := func() *gormsession.State { return httpsession.Get(r) }
			app.Page(&suite.Call{Request: r, Writer: w, Get: get})
		})
		site := httpsession.Handler(app.Plugin)(page)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					w.WriteHeader(http.StatusInternalServerError)
				}
			}()
			site.ServeHTTP(w, r)
		})
	},
	Lacks: map[suite.Ability]string{
		suite.Collect: "net/http has no place where the errors of a request are collected",
	},
}

// What is shown of sessions on SQLite, by a driver without C. It takes some minutes, so it is for
// who names it by -run, as `go test -run TestSuite` or `go test -run TestSuite/Concurrent`.
func TestSuite(t *testing.T) {
	if !strings.Contains(flag.Lookup("test.run").Value.String(), "TestSuite") {
		t.Skip("name it by -run")
	}
	suite.Exercise(t, onHTTP)
}
