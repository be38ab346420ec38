package sitetest

import (
	"net/http"
	"testing"
)

// Requests measures a handler by requests of one client with a cookie, whose answers go nowhere.
func Requests(b *testing.B, h http.Handler) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), "GET", "/", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Cookie", "session=0123456789abcdefghijklmnopqrstuv")
	w := &nowhere{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

// nowhere is a response that allocates nothing.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
