package suite

import (
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/seed7368b609/gormsession"
)

// keyOf serves the key of the session without loading it.
func keyOf(c *Call) { c.String(http.StatusOK, "%s", c.Session().Key()) }

// djangoKeyCases are the cases about keys, and about rows that come and go.
var djangoKeyCases = map[string]func(*djangoRun){
	"SessionTestsMixin.test_save": func(d *djangoRun) {
		s := d.open("")
		d.save(s)
		d.equal("exists", d.exists(s.Key()), true)
	},

	"SessionTestsMixin.test_delete": func(d *djangoRun) {
		s := d.open("")
		d.save(s)
		d.equal("error", d.plugin.Delete(d.t.Context(), s.Key()), nil)
		d.equal("exists", d.exists(s.Key()), false)
	},

	// The row goes when the session is saved, here by Save: "Where we leave Django on purpose", 3.
	"SessionTestsMixin.test_flush": func(d *djangoRun) {
		s := d.saved(map[string]any{"foo": "bar"})
		old := s.Key()
		s.Flush()
		d.equal("key", s.Key(), "")
		d.flags(s, true, true)
		d.save(s)
		d.equal("exists", d.exists(old), false)
		d.equal("rows", len(d.rows()), 0)
	},

	// The row moves when the session is saved: "Where we leave Django on purpose", 2.
	"SessionTestsMixin.test_cycle": func(d *djangoRun) {
		s := d.saved(map[string]any{"a": "c", "b": "d"})
		old, before := s.Key(), items(s)
		s.CycleKey()
		d.equal("key changed", s.Key() != old, true)
		d.save(s)
		d.equal("exists", d.exists(old), false)
		d.equal("items", items(d.open(s.Key())), before)
		d.equal("rows", len(d.rows()), 1)
	},

	// A State is loaded lazily in a request only.
	"SessionTestsMixin.test_cycle_with_no_session_cache": func(d *djangoRun) {
		s := d.saved(map[string]any{"a": "c", "b": "d"})
		got := d.visit(s.Key(), func(c *Call) { c.Session().CycleKey() })
		d.equal("cookie", got.cookieIs(s.Key()), "new")
		d.equal("entries", d.entries(got.cookie.Value), map[string]any{"a": "c", "b": "d"})
		d.equal("old", d.exists(s.Key()), false)
	},

	"SessionTestsMixin.test_invalid_key": func(d *djangoRun) {
		s := d.open("1")
		d.save(s)
		d.equal("key is the submitted one", s.Key() == "1", false)
		d.equal("length of the key", len(s.Key()), 32)
		d.equal("cat", s.Get("cat"), nil)
		d.equal("exists", d.exists(s.Key()), true)
	},

	"SessionTestsMixin.test_session_key_empty_string_invalid": func(d *djangoRun) {
		got := d.visit("", keyOf, func(r *http.Request) { r.Header.Set("Cookie", d.cookieName+"=") })
		d.equal("key", got.body, "")
		d.equal("key of a store", d.open("").Key(), "")
	},

	"SessionTestsMixin.test_session_key_too_short_invalid": func(d *djangoRun) {
		d.equal("key", d.visit(d.rules.tooShortKey, keyOf).body, "")
	},

	// Kept as long as it is not looked up, that is.
	"SessionTestsMixin.test_session_key_valid_string_saved": func(d *djangoRun) {
		d.equal("key", d.visit(d.rules.shortestKey, keyOf).body, d.rules.shortestKey)
	},

	// By construction: nothing of a State can be assigned.
	"SessionTestsMixin.test_session_key_is_read_only": func(d *djangoRun) {
		state := reflect.TypeFor[*gormsession.State]()
		for i := range state.Elem().NumField() {
			d.equal("exported field "+state.Elem().Field(i).Name, state.Elem().Field(i).IsExported(), false)
		}
		_, settable := state.MethodByName("SetKey")
		d.equal("SetKey", settable, false)
	},

	"SessionTestsMixin.test_session_load_does_not_create_record": func(d *djangoRun) {
		s := d.open(d.rules.unknownKey)
		d.equal("key", s.Key(), "")
		d.equal("rows", len(d.rows()), 0)
		s.Set("foo", "bar")
		d.save(s)
		d.equal("the key is reused", s.Key() == d.rules.unknownKey, false)
		d.equal("exists", d.exists(d.rules.unknownKey), false)
	},

	"SessionTestsMixin." +
		"test_session_save_does_not_resurrect_session_logged_out_in_other_context": func(d *djangoRun) {
		s := d.saved(map[string]any{"test_data": "value1"})
		d.equal("logout", d.plugin.Delete(d.t.Context(), s.Key()), nil)
		s.Set("test_data", "value2")
		err := s.Save()
		d.equal("save is interrupted", errors.Is(err, gormsession.ErrInterrupted), true)
		d.equal("loaded again", items(d.open(s.Key())), map[string]any{})
		d.equal("rows", len(d.rows()), 0)
	},

	// Of the cache in front of the database there; here the database must not be troubled by it
	// either.
	"CacheDBSessionTests.test_load_overlong_key": func(d *djangoRun) {
		key := strings.Repeat("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 20)
		d.equal("items", items(d.open(key)), map[string]any{})
		got := d.visit(key, func(c *Call) { c.String(http.StatusOK, "%d", c.Session().Len()) })
		d.equal("status", got.status, http.StatusOK)
		d.equal("entries", got.body, "0")
		d.equal("cookie", got.cookieIs(key), "deleted")
		d.equal("log", d.log.String(), "")
	},

	// Of the cache there: what is made first and saved then is one row.
	"CacheSessionTests.test_create_and_save": func(d *djangoRun) {
		s := d.open("")
		d.save(s)
		key := s.Key()
		s.Set("a", 1)
		d.save(s)
		d.equal("key", s.Key(), key)
		d.equal("rows", len(d.rows()), 1)
		d.equal("entries", d.entries(key), map[string]any{"a": int64(1)})
	},
}
