package httpsession_test

import (
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// nowhere is a response that goes nowhere, and allocates nothing.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }

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
			handler := httpsession.Handler(plugin)(page)
			r, err := http.NewRequestWithContext(b.Context(), "GET", "/", nil)
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Cookie", "session=0123456789abcdefghijklmnopqrstuv")
			w := &nowhere{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(w, r)
			}
		})
	}
}
