package gormsession_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A request without a session may be given one, of which its client is told once it is seen alive;
// one that has a session, or has begun one, may not, and a key of nobody's gives nothing.
func TestAdopt(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	plugin, err := gormsession.New(db, gormsession.WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	begin := func() string {
		s, err := plugin.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		s.Set("name", "ann")
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		return s.Key()
	}
	key, other := begin(), begin()
	adopt := plugin.Adapter().Adopt
	for _, test := range []struct {
		name    string
		cookie  string
		handler func(w http.ResponseWriter, s *gormsession.State) error
		err     error // nil: there is one, unless told is "adopts"
		told    string
	}{
		{"none", "", func(_ http.ResponseWriter, s *gormsession.State) error {
			err := adopt(s, key)
			if s.Get("name") != "ann" || s.Key() != key {
				t.Errorf("the session is %v", s.Get("name"))
			}
			return err
		}, nil, key},
		{"an unknown one", "0123456789abcdefghijklmnopqrstuv",
			func(_ http.ResponseWriter, s *gormsession.State) error { return adopt(s, key) }, nil, key},
		{"a server error", "", func(w http.ResponseWriter, s *gormsession.State) error {
			w.WriteHeader(http.StatusInternalServerError)
			return adopt(s, key)
		}, nil, key},
		{"a page for shared caches", "", func(w http.ResponseWriter, s *gormsession.State) error {
			w.Header().Set("Cache-Control", "public, max-age=60")
			return adopt(s, key)
		}, nil, key},
		{"one that ends meanwhile", "", func(_ http.ResponseWriter, s *gormsession.State) error {
			gone := begin()
			err := adopt(s, gone)
			if err := plugin.Delete(t.Context(), gone); err != nil {
				t.Error(err)
			}
			return err
		}, nil, ""},
		{"a key of nobody's", "", func(_ http.ResponseWriter, s *gormsession.State) error {
			err := adopt(s, "0123456789abcdefghijklmnopqrstuv")
			if !s.IsNew() {
				t.Error("there is a session of nobody's key")
			}
			return err
		}, nil, ""},
		{"a live one", other,
			func(_ http.ResponseWriter, s *gormsession.State) error { return adopt(s, key) },
			errSome, ""},
		{"one that was begun", "", func(_ http.ResponseWriter, s *gormsession.State) error {
			s.Set("name", "bob")
			defer s.Discard()
			return adopt(s, key)
		}, errSome, ""},
		{"no key", "",
			func(_ http.ResponseWriter, s *gormsession.State) error { return adopt(s, "x") },
			gormsession.ErrWrongKey, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			if test.cookie != "" {
				r.AddCookie(&http.Cookie{Name: plugin.CookieName(), Value: test.cookie})
			}
			w := httptest.NewRecorder()
			var err error
			httpsession.Handler(plugin)(http.HandlerFunc(
				func(w http.ResponseWriter, r *http.Request) { err = test.handler(w, httpsession.Get(r)) },
			)).ServeHTTP(w, r)
			if (err == nil) != (test.err == nil) || test.err != nil && test.err != errSome &&
				!errors.Is(err, test.err) {
				t.Errorf("the error is %v, not %v", err, test.err)
			}
			told := ""
			for _, c := range w.Result().Cookies() {
				told = c.Value
			}
			if told != test.told {
				t.Errorf("the client is told %q, not %q", told, test.told)
			}
		})
	}
}

// errSome stands for an error without a name.
var errSome = errors.New("some error")
