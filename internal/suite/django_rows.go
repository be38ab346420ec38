package suite

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession"
)

// accountSession is the recipe of Django's documentation: a column of the application's own that
// follows an entry.
type accountSession struct {
	gormsession.Session
	AccountID *int64 `gorm:"index"`
}

func (accountSession) TableName() string { return "account_sessions" }

var withAccount = gormsession.WithModel(func(
	row gormsession.Session, entries gormsession.Entries,
) accountSession {
	s := accountSession{Session: row}
	if id, ok := entries.Get("_auth_user_id").(int64); ok {
		s.AccountID = &id
	}
	return s
})

// withAccount is the same run with that model.
func (d *djangoRun) withAccount(opts ...gormsession.Option) *djangoRun {
	d.t.Helper()
	d = d.with(append(opts, withAccount)...)
	d.table = accountSession{}.TableName()
	if err := d.db.Exec("DELETE FROM " + d.table).Error; err != nil {
		d.t.Fatal(err)
	}
	return d
}

// brokenCodec reads nothing.
type brokenCodec struct{ gormsession.Codec }

func (brokenCodec) Decode(string, string) (map[string]json.RawMessage, error) {
	return nil, errors.New("unpickling failed")
}

// djangoRowCases are the cases about what rows hold.
var djangoRowCases = map[string]func(*djangoRun){
	"SessionTestsMixin.test_decode": func(d *djangoRun) {
		data := map[string]any{
			"a test key": "a test value",
			"list":       []any{int64(1), 1.0, nil, true},
			"é":          "\u2028",
		}
		s := d.saved(data)
		got, err := d.plugin.Entries(gormsession.Session{SessionData: d.row(s.Key()).data})
		d.equal("error", err, nil)
		d.equal("decoded", got, data)
	},

	"SessionTestsMixin.test_decode_failure_logged_to_security": func(d *djangoRun) {
		for _, text := range []string{"bad:encoded:value", "Zmxhc2tkajphbGtkamY="} {
			before := strings.Count(d.log.String(), `level=WARN msg="gormsession: Session data corrupted"`)
			key := d.insert(text)
			d.equal("items", items(d.open(key)), map[string]any{})
			d.equal("warnings", strings.Count(d.log.String(), `level=WARN msg="gormsession: Session data corrupted"`), before+1)
			d.equal("the log shows the key or the data",
				strings.Contains(d.log.String(), key) || strings.Contains(d.log.String(), text), false)
			d.equal("error", d.plugin.Delete(d.t.Context(), key), nil)
		}
	},

	"SessionTestsMixin.test_decode_serializer_exception": func(d *djangoRun) {
		s := d.open(d.insert(`{"a":1`))
		d.equal("items", items(s), map[string]any{})
		d.equal("error", s.Err(), nil)
	},

	// Of the cookie backend there, whose loads raises: whatever a codec says, the session is empty,
	// and no error.
	"CookieSessionTests.test_unpickling_exception": func(d *djangoRun) {
		key := d.saved(map[string]any{"a": 1}).Key()
		s := d.with(gormsession.WithCodec(brokenCodec{gormsession.JSON})).open(key)
		d.equal("items", items(s), map[string]any{})
		d.equal("error", s.Err(), nil)
	},

	// str(row) is the key there. Here nothing prints a key: a row prints as the State does.
	"DatabaseSessionTests.test_session_str": func(d *djangoRun) {
		s := d.saved(map[string]any{"x": 1})
		row := d.take(s.Key())
		d.equal("string", row.String(), "session "+s.Handle())
		d.equal("it shows the key", strings.Contains(row.String(), s.Key()), false)
	},

	"DatabaseSessionTests.test_session_get_decoded": func(d *djangoRun) {
		s := d.saved(map[string]any{"x": 1})
		got, err := d.plugin.Entries(d.take(s.Key()))
		d.equal("error", err, nil)
		d.equal("decoded", got, map[string]any{"x": int64(1)})
	},

	// There is no manager: a session is overwritten by its key, to end when its row said.
	"DatabaseSessionTests.test_sessionmanager_save": func(d *djangoRun) {
		s := d.saved(map[string]any{"y": 1, "z": 1})
		date := d.row(s.Key()).expire
		manager := d.open(s.Key())
		manager.Clear()
		manager.Set("y", 2)
		manager.SetExpiryAt(date)
		d.save(manager)
		again := d.open(s.Key())
		d.equal("y", again.Get("y"), int64(2))
		d.equal("z", again.Has("z"), false)
		d.equal("expire_date", d.row(s.Key()).expire, date)
		d.equal("rows", len(d.rows()), 1)
	},

	"DatabaseSessionTests.test_clearsessions_command": func(d *djangoRun) {
		d.equal("rows at first", len(d.rows()), 0)
		live, expired := d.open(""), d.open("")
		live.SetExpiry(time.Hour)
		d.save(live)
		expired.SetExpiry(-time.Hour)
		d.save(expired)
		d.equal("rows before", len(d.rows()), 2)
		n, err := d.plugin.ClearExpired(d.t.Context())
		d.equal("error", err, nil)
		d.equal("cleared", n, int64(1))
		d.equal("rows after", len(d.rows()), 1)
		d.equal("the live one stays", d.exists(live.Key()), true)
	},

	"CustomDatabaseSessionTests.test_extra_session_field": func(d *djangoRun) {
		d = d.withAccount()
		count := func(where string, args ...any) int {
			var found []accountSession
			if err := d.db.Where(where, args...).Find(&found).Error; err != nil {
				d.t.Fatal(err)
			}
			return len(found)
		}
		s := d.open("")
		s.Set("_auth_user_id", 42)
		d.save(s)
		d.equal("rows of 42 after the insert", count("account_id = ?", 42), 1)
		s.Set("_auth_user_id", 43)
		d.save(s)
		d.equal("rows of 43 after an update", count("account_id = ?", 43), 1)
		d.equal("rows of 42 after an update", count("account_id = ?", 42), 0)
		s.Pop("_auth_user_id")
		d.save(s)
		d.equal("rows of nobody", count("account_id IS NULL"), 1)
		d.equal("rows", len(d.rows()), 1)
	},
}

// take reads a row as the application would, with GORM.
func (d *djangoRun) take(key string) (row gormsession.Session) {
	d.t.Helper()
	if d.rules.hashed {
		key = stored(key)
	}
	if err := d.db.Table(d.table).Where("session_key = ?", key).Take(&row).Error; err != nil {
		d.t.Fatal(err)
	}
	return row
}
