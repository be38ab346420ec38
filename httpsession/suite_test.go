package httpsession_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/suite"
)

func TestMain(m *testing.M) { os.Exit(suite.Main(m, onHTTP)) }

// onHTTP is net/http as the suite knows it.
var onHTTP = suite.Adapter{
	Gorm: "both",
	Mount: func(app suite.Application) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			get := func() *gormsession.State { return httpsession.Get(r) }
			app.Page(&suite.Call{Request: r, Writer: w, Get: get})
		})
		return recovery(httpsession.Handler(app.Plugin)(mux))
	},
	Lacks: map[suite.Ability]string{
		suite.Collect: "net/http has no place where the errors of a request are collected",
	},
}

// recovery answers a panic with 500.
func recovery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// What every adapter has to show, net/http shows.
func TestSuite(t *testing.T) { suite.Exercise(t, onHTTP) }

func FuzzCookie(f *testing.F) { suite.FuzzCookie(f, onHTTP) }
