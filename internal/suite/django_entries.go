package suite

import (
	"github.com/seed7368b609/gormsession"
)

// djangoEntryCases are the cases about what a session holds.
var djangoEntryCases = map[string]func(*djangoRun){
	"SessionTestsMixin.test_new_session": func(d *djangoRun) {
		d.flags(d.open(""), false, false)
	},

	"SessionTestsMixin.test_get_empty": func(d *djangoRun) {
		s := d.open("")
		d.equal("get", s.Get("cat"), nil)
		value, ok := s.Lookup("cat")
		d.equal("value", value, nil)
		d.equal("found", ok, false)
	},

	"SessionTestsMixin.test_store": func(d *djangoRun) {
		s := d.open("")
		s.Set("cat", "dog")
		d.equal("modified", s.Modified(), true)
		value, ok := s.Pop("cat")
		d.equal("popped", value, "dog")
		d.equal("found", ok, true)
	},

	"SessionTestsMixin.test_pop": func(d *djangoRun) {
		s := d.saved(map[string]any{"some key": "exists"})
		value, ok := s.Pop("some key")
		d.equal("popped", value, "exists")
		d.equal("found", ok, true)
		d.flags(s, true, true)
		d.equal("afterwards", s.Get("some key"), nil)
	},

	"SessionTestsMixin.test_pop_default": func(d *djangoRun) {
		s := d.saved(map[string]any{"other key": 1})
		value, ok := s.Pop("some key")
		if !ok {
			value = "does not exist"
		}
		d.equal("popped", value, "does not exist")
		d.flags(s, true, false)
	},

	// Go names no arguments: the typed form of the same.
	"SessionTestsMixin.test_pop_default_named_argument": func(d *djangoRun) {
		s := d.saved(map[string]any{"other key": 1})
		const someKey = gormsession.Field[string]("some key")
		value, ok := someKey.Pop(s)
		d.equal("popped", value, "")
		d.equal("found", ok, false)
		d.equal("default", someKey.Or(s, "does not exist"), "does not exist")
		d.flags(s, true, false)
	},

	"SessionTestsMixin.test_pop_no_default_keyerror_raised": func(d *djangoRun) {
		s := d.open("")
		value, ok := s.Pop("some key")
		d.equal("popped", value, nil)
		d.equal("found", ok, false)
		d.equal("error", s.Err(), nil)
	},

	"SessionTestsMixin.test_setdefault": func(d *djangoRun) {
		s := d.open("")
		d.equal("first", s.GetOrSet("foo", "bar"), "bar")
		d.equal("second", s.GetOrSet("foo", "baz"), "bar")
		d.flags(s, true, true)
	},

	"SessionTestsMixin.test_update": func(d *djangoRun) {
		s := d.saved(map[string]any{"other key": "stays"})
		s.SetAll(map[string]any{"update key": 1})
		d.flags(s, true, true)
		d.equal("update key", s.Get("update key"), int64(1))
		d.equal("other key", s.Get("other key"), "stays")
	},

	"SessionTestsMixin.test_has_key": func(d *djangoRun) {
		s := d.saved(map[string]any{"some key": 1})
		d.equal("has", s.Has("some key"), true)
		d.flags(s, true, false)
	},

	"SessionTestsMixin.test_values": func(d *djangoRun) {
		values := func(s *gormsession.State) (values []any) {
			for _, v := range s.All() {
				values = append(values, v)
			}
			return values
		}
		s := d.open("")
		d.equal("values of an empty session", len(values(s)), 0)
		d.flags(s, true, false)
		s = d.saved(map[string]any{"some key": 1})
		d.equal("values", values(s), []any{int64(1)})
		d.flags(s, true, false)
	},

	"SessionTestsMixin.test_keys": func(d *djangoRun) {
		s := d.saved(map[string]any{"x": 1})
		d.equal("keys", s.Keys(), []string{"x"})
		d.flags(s, true, false)
	},

	"SessionTestsMixin.test_items": func(d *djangoRun) {
		s := d.saved(map[string]any{"x": 1})
		d.equal("items", items(s), map[string]any{"x": int64(1)})
		d.flags(s, true, false)
	},

	"SessionTestsMixin.test_clear": func(d *djangoRun) {
		s := d.saved(map[string]any{"x": 1})
		s.Clear()
		d.equal("items", items(s), map[string]any{})
		d.flags(s, true, true)
	},

	"SessionTestsMixin.test_save_doesnt_clear_data": func(d *djangoRun) {
		s := d.open("")
		s.Set("a", "b")
		d.save(s)
		d.equal("a", s.Get("a"), "b")
	},

	// The methods for it are package django's; what they do is this.
	"SessionBaseTests.test_test_cookie": func(d *djangoRun) {
		s := d.open("")
		d.equal("has before", s.Has("testcookie"), false)
		s.Set("testcookie", "worked")
		d.equal("worked", s.Get("testcookie"), "worked")
		d.equal("deleted", s.Delete("testcookie"), true)
		d.equal("has after", s.Has("testcookie"), false)
	},

	"SessionBaseTests.test_is_empty": func(d *djangoRun) {
		d.equal("empty", d.open("").IsEmpty(), true)
	},

	// Python's truth of a session: it has data, or a key.
	"SessionBaseTests.test_bool": func(d *djangoRun) {
		s := d.open("")
		d.equal("empty at first", s.IsEmpty(), true)
		s.Set("foo", "bar")
		d.equal("empty with data", s.IsEmpty(), false)
		s = d.saved(nil)
		d.equal("data", d.row(s.Key()).data, "{}")
		d.equal("empty with a key and no data", s.IsEmpty(), false)
	},
}
