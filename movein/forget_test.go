package movein_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/movein"
)

// A house is a site that has moved from a library in memory.
type house struct {
	*testing.T
	db     *gorm.DB
	old    *memory
	plugin *gormsession.Plugin
	app    http.Handler
	page   http.HandlerFunc
}

func newHouse(t *testing.T, c movein.Config, opts ...gormsession.Option) *house {
	t.Helper()
	h := &house{T: t, db: dbtest.New(t, dbtest.SQLite).Open(t)}
	h.old = &memory{rows: map[string]map[string]any{"a": {"user": "ann"}}}
	h.page = func(http.ResponseWriter, *http.Request) {}
	var err error
	h.plugin, err = gormsession.New(h.db, append(opts, gormsession.WithCleanup(0))...)
	if err != nil {
		t.Fatal(err)
	}
	bridge, err := movein.New(h.db, h.plugin, h.old, c)
	if err != nil {
		t.Fatal(err)
	}
	h.app = httpsession.Handler(h.plugin)(bridge.Handler(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { h.page(w, r) })))
	return h
}

// ours is the cookie of a new session, of a user who has logged in.
func (h *house) ours() *http.Cookie {
	h.Helper()
	s, err := h.plugin.Open(h.Context(), "")
	if err != nil {
		h.Fatal(err)
	}
	s.LogIn("bob")
	if err := s.Save(); err != nil {
		h.Fatal(err)
	}
	return &http.Cookie{Name: h.plugin.CookieName(), Value: s.Key()}
}

// olds is that of an old one.
var olds = &http.Cookie{Name: oldCookie, Value: "a"}

// A store that tells of a fault as of no session costs nobody the login: the old cookie stays.
func TestFaultThatTheStoreHides(t *testing.T) {
	h := newHouse(t, movein.Config{})
	var user any
	h.page = func(_ http.ResponseWriter, r *http.Request) { user = httpsession.Get(r).Get("user") }
	h.old.hides = true
	if res := ask(h.app, olds); user != nil || cookie(res, oldCookie) != nil {
		t.Errorf("during the fault the user is %v, and the cookie %v", user, cookie(res, oldCookie))
	}
	h.old.hides = false
	if ask(h.app, olds); user != "ann" {
		t.Errorf("after the fault the user is %v", user)
	}
}

// The old cookie is forgotten by a response that is its client's alone. One that shared caches keep
// would have others forget theirs, who have not come yet.
func TestForgottenInPrivate(t *testing.T) {
	for _, test := range []struct {
		said    string
		forgets bool
		says    string
	}{
		{"", true, "no-store"},
		{"max-age=60", true, "max-age=60, private"},
		{"no-cache, private", true, "no-cache, private"},
		{"public, max-age=60", false, "public, max-age=60"},
		{"s-maxage=60", false, "s-maxage=60"},
	} {
		h := newHouse(t, movein.Config{}, gormsession.WithNoStore())
		h.page = func(w http.ResponseWriter, _ *http.Request) {
			if test.said != "" {
				w.Header().Set("Cache-Control", test.said)
			}
		}
		res := ask(h.app, h.ours(), olds)
		if gone := cookie(res, oldCookie); (gone != nil && gone.MaxAge < 0) != test.forgets {
			t.Errorf("%q: the old cookie is %v", test.said, gone)
		}
		if says := res.Header.Get("Cache-Control"); says != test.says {
			t.Errorf("%q: it says %q, not %q", test.said, says, test.says)
		}
		if len(h.old.rows) > 0 {
			t.Errorf("%q: the old session was not ended", test.said)
		}
	}
}

// A client whose first page is one that shared caches keep, or an error, is told of its new session
// all the same: the old cookie leads nowhere a minute later.
func TestToldWhateverThePage(t *testing.T) {
	for name, page := range map[string]http.HandlerFunc{
		"public": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
		},
		"an error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"a panic":  func(http.ResponseWriter, *http.Request) { panic("now") },
	} {
		now := time.Now()
		h := newHouse(t, movein.Config{Now: func() time.Time { return now }})
		h.page = page
		res := ask(recovering(h.app), olds)
		ours := cookie(res, h.plugin.CookieName())
		if ours == nil || !strings.Contains(res.Header.Get("Cache-Control"), "private") {
			t.Errorf("%s: the new cookie is %v, in what says %q", name, ours,
				res.Header.Get("Cache-Control"))
			continue
		}
		now = now.Add(time.Hour)
		var user any
		h.page = func(_ http.ResponseWriter, r *http.Request) { user = httpsession.Get(r).Get("user") }
		if ask(h.app, ours, olds); user != "ann" {
			t.Errorf("%s: an hour later the user is %v", name, user)
		}
	}
}

// recovering answers a panic with 500.
func recovering(app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		app.ServeHTTP(w, r)
	})
}

// An old session whose end has failed as it was taken over is ended once its client comes with the
// new one.
func TestEndThatHasFailed(t *testing.T) {
	var h *house
	h = newHouse(t, movein.Config{Fill: func(*gormsession.State, map[string]any) error {
		h.old.fails = errors.New("away") // between the load and the end
		return nil
	}})
	ours := cookie(ask(h.app, olds), h.plugin.CookieName())
	h.old.fails = nil
	if ours == nil || len(h.old.rows) == 0 {
		t.Fatalf("the new cookie is %v, and the old sessions are %v", ours, h.old.rows)
	}
	res := ask(h.app, ours, olds)
	if cookie(res, oldCookie) == nil || len(h.old.rows) > 0 {
		t.Errorf("the old cookie is %v, and the old sessions are %v", cookie(res, oldCookie), h.old.rows)
	}
}

// What was begun for a client that has left meanwhile is brought to its end.
func TestClientThatLeaves(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	h := newHouse(t, movein.Config{Fill: func(*gormsession.State, map[string]any) error {
		leave()
		return nil
	}})
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	r.AddCookie(olds)
	h.app.ServeHTTP(httptest.NewRecorder(), r)
	if len(h.old.rows) > 0 {
		t.Errorf("the old session was not ended")
	}
}

// Where it cannot be noted that an old session is over its client is told to try again: it might be
// taken over after a logout.
func TestEndThatCannotBeNoted(t *testing.T) {
	h := newHouse(t, movein.Config{})
	refuse := "CREATE TRIGGER no BEFORE INSERT ON taken_sessions BEGIN SELECT RAISE(ABORT, 'no'); END"
	if err := h.db.Exec(refuse).Error; err != nil {
		t.Fatal(err)
	}
	res := ask(h.app, h.ours(), olds)
	if res.StatusCode != http.StatusServiceUnavailable || cookie(res, oldCookie) != nil {
		t.Errorf("%d, and the old cookie is %v", res.StatusCode, cookie(res, oldCookie))
	}
}
