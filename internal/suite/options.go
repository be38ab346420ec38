package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Each default, in one place.
func (on cases) TestDefaults(t *testing.T) {
	logged := &logbook{}
	was := slog.Default()
	slog.SetDefault(logged.logger())
	t.Cleanup(func() { slog.SetDefault(was) })

	db := dbtest.New(t, dbtest.SQLite).Open(t)
	var deadlines []time.Duration
	if err := db.Callback().Row().Before("gorm:row").Register("deadline", func(tx *gorm.DB) {
		if !strings.Contains(tx.Statement.SQL.String(), "session_data") {
			return // of the sweep
		}
		deadline, _ := tx.Statement.Context.Deadline()
		deadlines = append(deadlines, time.Until(deadline))
	}); err != nil {
		t.Fatal(err)
	}
	plugin, err := gormsession.New(db)
	if err != nil {
		t.Fatal(err)
	}
	s := on.newSiteOf(t, db, plugin)
	at := func(key string, page func(*gormsession.State)) reply {
		return s.visit(key, func(c *Call) { page(c.Session()) })
	}

	before := time.Now()
	got := at("", func(session *gormsession.State) { session.Set("n", 1) })
	expires := got.cookie.RawExpires
	key := got.cookie.Value
	if want := "session=" + key + "; Path=/; Expires=" + expires +
		"; HttpOnly; SameSite=Lax; Max-Age="; !strings.HasPrefix(got.line, want) {
		t.Errorf("the cookie is %s, want %s", got.line, want)
	}
	if !regexp.MustCompile("^[a-z0-9]{32}$").MatchString(key) {
		t.Errorf("the key is %q", key)
	}
	row, ok := s.rows()[stored(key)]
	if !ok || row.data != `{"n":1}` {
		t.Errorf("the row of %s is %v", key, row)
	}
	const lifetime, step = 14 * 24 * time.Hour, 14 * 24 * time.Hour / 64
	if row.expire.Unix()%int64(step.Seconds()) != 0 || row.expire.Before(before.Add(lifetime)) ||
		row.expire.After(time.Now().Add(lifetime+step)) {
		t.Errorf("expire_date is %v at %v", row.expire, before)
	}
	if ends := row.expire.Add(lifetime); got.cookie.Expires.Sub(ends).Abs() > time.Minute ||
		before.Add(time.Duration(got.cookie.MaxAge)*time.Second).Sub(ends).Abs() > time.Minute {
		t.Errorf("the cookie is %s, and the row ends at %v", got.line, row.expire)
	}
	deadlines = nil
	got = at(key, func(session *gormsession.State) {
		session.Get("n")
		if age, browser := session.ExpiryAge(), session.BrowserSession(); age != lifetime || browser {
			t.Errorf("ExpiryAge is %v, BrowserSession %t", age, browser)
		}
	})
	if len(deadlines) != 1 || deadlines[0] < 4*time.Second || deadlines[0] > 5*time.Second {
		t.Errorf("a load may take %v", deadlines)
	}
	if got.cookie != nil || s.rows()[stored(key)] != row {
		t.Errorf("a read renews the session: %s", got.line)
	}
	if n := plugin.Adapter().HeldBytes(); n != 65536 {
		t.Errorf("%d bytes are held", n)
	}
	plugin.Logger().Info("to the default of the moment")
	logged.wants(t, "to the default of the moment")
	gormsession.LogEvents(nil).HandleEvent(t.Context(), gormsession.Event{Kind: gormsession.Created})
	logged.wants(t, "event=created")
}

// Lifetime, browser session, clock, logger and codec, as a request sees them; the cookie's options
// are in TestCookieAttributes.
func (on cases) TestOptionsTakeEffect(t *testing.T) {
	hour := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithLifetime(time.Hour))
	got := hour.visit("", writeName("Ann"))
	left := hour.rows()[stored(got.cookie.Value)].expire.Sub(hour.clock.Now())
	if age := time.Duration(got.cookie.MaxAge) * time.Second; age < left+time.Hour ||
		age >= left+time.Hour+time.Second ||
		!got.cookie.Expires.Equal(hour.clock.Now().Add(age).Truncate(time.Second)) {
		t.Errorf("WithLifetime: %s", got.line)
	}
	// 3600 / 64, rounded up to whole seconds
	if step := hour.rows()[stored(got.cookie.Value)].expire; step.Unix()%57 != 0 {
		t.Errorf("WithLifetime: expire_date is %v", step)
	}
	hour.clock.advance(time.Hour + time.Minute)
	if hour.entries(got.cookie.Value) != nil {
		t.Error("WithClock: a session outlives its hour")
	}

	browser := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithBrowserSession())
	got = browser.visit("", writeName("Ann"))
	if got.line != "session="+got.cookie.Value+"; Path=/; HttpOnly; SameSite=Lax" {
		t.Errorf("WithBrowserSession: %s", got.line)
	}
	expires := browser.rows()[stored(got.cookie.Value)].expire
	if expires.Before(browser.clock.Now().Add(14 * 24 * time.Hour)) {
		t.Errorf("WithBrowserSession: the row expires at %v", expires)
	}
	got = browser.visit(got.cookie.Value, func(c *Call) { c.Session().SetExpiry(time.Minute) })
	if got.cookie.MaxAge != 60+61 { // to the next whole second, and a lifetime more
		t.Errorf("WithBrowserSession: an expiry of the session's own gives %s", got.line)
	}

	minute := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithExpiryStep(time.Minute))
	got = minute.visit("", writeName("Ann"))
	if is, want := minute.rows()[stored(got.cookie.Value)].expire,
		minute.clock.Now().Add(14*24*time.Hour).Truncate(time.Minute).Add(time.Minute); !is.Equal(want) {
		t.Errorf("WithExpiryStep: %v, want %v", is, want)
	}

	coded := on.newSite(t, dbtest.New(t, dbtest.SQLite),
		gormsession.WithCodec(shouting{gormsession.JSON}))
	key := coded.start(map[string]any{"name": "ann"})
	if row := coded.rows()[stored(key)]; row.data != `!{"name":"ann"}` {
		t.Errorf("WithCodec: %s", row.data)
	}
	if coded.entries(key)["name"] != "ann" {
		t.Errorf("WithCodec: read %v", coded.entries(key))
	}
}

// shouting puts a ! before what another codec writes.
type shouting struct{ gormsession.Codec }

func (c shouting) Encode(row string, entries map[string]json.RawMessage) (string, error) {
	text, err := c.Codec.Encode(row, entries)
	return "!" + text, err
}

func (c shouting) Decode(row, text string) (map[string]json.RawMessage, error) {
	return c.Codec.Decode(row, strings.TrimPrefix(text, "!"))
}

// With WithHeldBytes the session is saved before the body is beyond it, and what a new session gets
// later is not kept.
func (on cases) TestWithHeldBytes(t *testing.T) {
	for held, fits := range map[int]bool{0: false, 4: false, 5: true} {
		s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithHeldBytes(held))
		got := s.visit("", func(c *Call) {
			_, _ = io.WriteString(c.Writer, "hello")
			c.Session().Set("name", "Ann")
		})
		if got.body != "hello" || fits != (got.cookie != nil) || fits != (len(s.rows()) == 1) {
			t.Errorf("%d: %q, %s, %d rows", held, got.body, got.line, len(s.rows()))
		}
		if !fits {
			s.log.wants(t, "the response's header has been sent")
		}
	}
}

// WithErrorHandler answers in our place, once, or lets the response of the handler go without a
// cookie.
func (on cases) TestWithErrorHandler(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter) bool
		status int
		body   string
		own    string
	}{
		"default": {nil, 503, "Service Unavailable\n", ""},
		"own": {func(w http.ResponseWriter) bool {
			w.Header().Set("X-Own", "1")
			w.WriteHeader(502)
			fmt.Fprint(w, "sorry")
			return true
		}, 502, "sorry", "1"},
		"true in vain": {
			func(http.ResponseWriter) bool { return true }, 503, "Service Unavailable\n", "",
		},
		"let it go": {func(http.ResponseWriter) bool { return false }, 200, "done", ""},
	} {
		var seen []error
		var opts []gormsession.Option
		if c.answer != nil {
			opts = append(opts, gormsession.WithErrorHandler(func(
				w http.ResponseWriter, r *http.Request, err error,
			) bool {
				seen = append(seen, err)
				return c.answer(w)
			}))
		}
		s := on.newSite(t, dbtest.New(t, dbtest.SQLite), opts...)
		key := s.start(map[string]any{"name": "Ann"})
		s.statements.Fail(failing("UPDATE", sqlite3.Error{Code: sqlite3.ErrFull}))
		got := s.visit(key, func(ctx *Call) { ctx.Header("X-Handler", "1"); writeName("Bob")(ctx) })
		if got.status != c.status || got.body != c.body || got.header.Get("X-Own") != c.own ||
			got.cookie != nil {
			t.Errorf("%s: %d %q, %s", name, got.status, got.body, got.line)
		}
		if kept := got.header.Get("X-Handler") != ""; kept != (c.status == 200) {
			t.Errorf("%s: the handler's header was kept: %t", name, kept)
		}
		if c.answer != nil && (len(seen) != 1 || !errors.Is(seen[0], gormsession.ErrUnavailable)) {
			t.Errorf("%s: called with %v", name, seen)
		}
		s.statements.Fail(nil)
		if is := s.entries(key)["name"]; is != "Ann" {
			t.Errorf("%s: the session has become %v", name, is)
		}
	}
}
