package gormsession_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/seed7368b609/gormsession"
)

func ExampleWithCookieFor() {
	db, cleanup := exampleDatabase()
	defer cleanup()

	// The site's own list, not the header: that is the client's.
	domains := map[string]string{"shop.a.example": "a.example", "www.a.example": "a.example"}
	plugin, err := gormsession.New(db,
		gormsession.WithCookieFor(func(r *http.Request) (c gormsession.CookieAttributes) {
			c.Domain = domains[r.Host]
			return c
		}))
	if err != nil {
		log.Fatal(err)
	}
	for _, host := range []string{"www.a.example", "b.example"} {
		h := visited(plugin, host, nil)
		fmt.Println((&http.Response{Header: h}).Cookies()[0].Domain)
	}
	// Output:
	// a.example
	//
}

func ExampleWithKeyHeader() {
	db, cleanup := exampleDatabase()
	defer cleanup()

	plugin, err := gormsession.New(db, gormsession.WithKeyHeader("X-Session"))
	if err != nil {
		log.Fatal(err)
	}
	told := visited(plugin, "api.example", http.Header{"X-Session": {""}})
	fmt.Println(len(told.Get("X-Session")), told["Set-Cookie"], told["Vary"])
	// Output: 32 [] [Cookie, X-Session]
}

// visited is the header of the response to a request that stores something in its session, as an
// adapter makes it.
func visited(plugin *gormsession.Plugin, host string, brings http.Header) http.Header {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Host, r.Header = host, brings
	adapter, h := plugin.Adapter(), http.Header{}
	s := adapter.Begin(r)
	s.Set("name", "Ann")
	if err := adapter.Commit(s, r, h, http.StatusOK, gormsession.CookieSent); err != nil {
		log.Fatal(err)
	}
	if err := adapter.End(s); err != nil {
		log.Fatal(err)
	}
	return h
}
