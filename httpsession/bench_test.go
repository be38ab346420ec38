package httpsession_test

import (
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// BenchmarkUntouched is what a request pays that does not touch its session, or asks for it without
// reading it.
func BenchmarkUntouched(b *testing.B) {
	plugin, err := gormsession.New(dbtest.New(b, dbtest.SQLite).Open(b))
	if err != nil {
		b.Fatal(err)
	}
	for name, page := range map[string]http.HandlerFunc{
		"status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"get":    func(_ http.ResponseWriter, r *http.Request) { httpsession.Get(r) },
	} {
		b.Run(name, func(b *testing.B) {
			sitetest.Requests(b, httpsession.Handler(plugin)(page))
		})
	}
}
