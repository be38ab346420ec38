package gormsession

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession/internal/lifetime"
)

// UserSession is the GORM model of a row with [WithUsers]: the three columns of [Session], and
// whose the session is. [State.LogIn] says so, and the library writes it with each save. A model of
// [WithModel] may embed it in the place of Session.
type UserSession struct {
	Session
	// UserID is who has logged in, as [State.UserID] says it, and NULL where nobody has.
	UserID *UserID `gorm:"column:user_id;index"`
	// PublicID names the login in lists, and opens nothing. It stays when the session gets a new
	// key, and a new login has another one.
	PublicID *string `gorm:"column:public_id;size:32"`
	// Created is when the session began, or its user has logged in.
	Created *Expiry `gorm:"column:created"`
	// LastSeen is when the row was last written: a session that is merely read moves it with the
	// renewal of its expiry, see [WithRolling], once in an expiry step.
	LastSeen *Expiry `gorm:"column:last_seen"`
	// Address and Agent are what LogIn was told of the device.
	Address string `gorm:"column:address;size:64"`
	Agent   string `gorm:"column:agent;size:255"`
}

// UserID is a user's identifier in the column user_id: a text of 255 characters, which is compared
// byte by byte.
type UserID string

// GormDataType names the type for GORM's schema.
func (UserID) GormDataType() string { return "userid" }

// GormDBDataType is the type of the column.
func (UserID) GormDBDataType(db *gorm.DB, _ *schema.Field) string {
	switch db.Dialector.Name() {
	case "postgres":
		return "varchar(255)"
	case "mysql":
		return "varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
	}
	return "text"
}

// WithUsers keeps in each row whose session it is, so that a user's sessions can be listed and
// ended: see [State.LogIn], [Plugin.Sessions], [Plugin.End], [Plugin.EndAll] and
// [Plugin.EndOthers]. Rows are then of the model [UserSession], whose columns [Migrate] adds to a
// table that is there already: New says which are missing, and adds none. Sessions that have logged
// in before the option have no user in their row until their next save, or renewal;
// [Plugin.FillUsers] fills the rest, also by an entry of the application's. Beside a table of
// [WithFormer] that has no such columns the calls are errors: its sessions would not be found.
//
// Django's table has no such columns, and the option is refused there: Django itself would write
// rows without them, whose sessions no call would find. A second table beside Django's that said
// whose each row is would not know of those rows either, nor of the keys that Django changes.
func WithUsers() Option { return func(o *options) { o.users = true } }

// WithUserLimit bounds how many sessions a user has: with a login beyond them the oldest of the
// others ends, by the clocks of the servers that have seen the logins. It includes [WithUsers]. It
// holds with any number of logins at once, on any number of servers, once they are answered, and
// costs a DELETE with each login. One that cannot be carried out is an error
// in the log, and the login stands: the next one carries it out. The sessions in a table of
// [WithFormer] count as well. The default is no limit. [WithUserLimitRefusing] ends nobody's
// session.
func WithUserLimit(n int) Option {
	return func(o *options) { o.users, o.userLimit = true, new(n) }
}

// WithUserLimitRefusing bounds how many sessions a user has as [WithUserLimit] does, but a login
// beyond them is refused, by [ErrUserLimit], and theirs go on. It includes [WithUsers]. Live
// sessions count, and the one that logs in does not, so that who is logged in may log in anew.
//
// A login is refused where it is saved, with all that is saved with it: the session keeps its key
// and what its row holds, and a visitor without a session gets none. The response is 403, by the
// error handler of [WithErrorHandler]. A handler that answers itself saves, and discards what is
// refused; nothing is saved in that request any more then:
//
//	s.LogIn(42)
//	if errors.Is(s.Save(), gormsession.ErrUserLimit) {
//		s.Discard()
//		c.String(http.StatusForbidden, "You are logged in on 5 devices already.")
//		return
//	}
//
// What was another user's session has ended by then, as LogIn says.
//
// Of any number of logins at once, on any number of servers, exactly as many succeed as there is
// room for. For that the logins of one user follow each other, by a lock that costs a statement on
// PostgreSQL, and two on MySQL, and the count costs one more. A login that does not get its turn
// within [WithTimeout] is [ErrUnavailable]. The lock is pg_advisory_xact_lock on PostgreSQL and
// GET_LOCK on MySQL, which are those of one server: in a cluster that takes writes on several
// nodes, such as Galera, or where they lock nothing, as in CockroachDB, logins that meet on two
// nodes may both succeed.
func WithUserLimitRefusing(n int) Option {
	return func(o *options) { o.users, o.loginLimit = true, new(n) }
}

// usersModel is the model of WithUsers.
var usersModel = &model{
	build:   func(row Session, _ Entries) any { return &UserSession{Session: row} },
	empty:   func() any { return new(UserSession) },
	onMySQL: func() any { return new(onMySQL[UserSession]) },
}

// keepUsers carries WithUsers out.
func (o *options) keepUsers() error {
	switch {
	case !o.users:
		return nil
	case o.userLimit != nil && o.loginLimit != nil:
		return errors.New("WithUserLimit and WithUserLimitRefusing: choose one; beyond the limit " +
			"the first ends the oldest session, and the second refuses the login")
	case o.userLimit != nil && *o.userLimit < 1:
		return fmt.Errorf("WithUserLimit(%d): a user has a session or more; leave it out for no limit",
			*o.userLimit)
	case o.loginLimit != nil && *o.loginLimit < 1:
		return fmt.Errorf("WithUserLimitRefusing(%d): a user has a session or more; leave it out for "+
			"no limit", *o.loginLimit)
	case !o.layout.HashedKeys:
		return errors.New("WithUsers on Django's table: Django would write rows without a user; " +
			"move to the own table first, see WithFormer")
	}
	m := *o.model
	if o.model == sessionModel {
		m = *usersModel
	}
	m.clock, o.lives.Starts = o.clock, true
	o.model = &m
	return nil
}

// checkUserColumns refuses a model of WithModel that has no place for users.
func checkUserColumns(parsed *schema.Schema) error {
	columns := userColumns(nil, time.Time{})
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		f := parsed.FieldsByDBName[column]
		if f == nil || f.FieldType != reflect.TypeOf(columns[column]) {
			return fmt.Errorf("WithUsers: the model %s of WithModel has no column %s as "+
				"gormsession.UserSession has it: let it embed that in the place of Session",
				parsed.Name, column)
		}
	}
	return nil
}

// userColumns are the columns of a row of these entries that is written now.
func userColumns(entries map[string]json.RawMessage, now time.Time) map[string]any {
	var user *UserID
	var public *string
	if name := userName(entries[userEntry]); name != "" {
		user = (*UserID)(&name)
	}
	d := deviceOf(entries)
	if d.PublicID != "" {
		public = &d.PublicID
	}
	started, ok := lifetime.Start(entries)
	if !ok {
		started = now
	}
	return map[string]any{
		"user_id": user, "public_id": public, "created": &Expiry{started},
		"last_seen": &Expiry{now}, "address": d.Address, "agent": d.Agent,
	}
}

// deviceEntry is the entry that holds what is known of a login's device.
const deviceEntry = "_device"

// A Device is what [State.LogIn] may be told of where a user logs in, for the list of the user's
// sessions: the address of the client, as a framework knows it that heeds the proxies it trusts,
// and its User-Agent. Both are personal data, which the library keeps only if it is told. What is
// longer than 64 and 255 bytes is cut off, and what cannot be printed becomes a space.
type Device struct {
	Address string
	Agent   string
}

// device is a Device as the entry holds it.
type device struct {
	PublicID string `json:"id"`
	Filled   bool   `json:"filled,omitempty"` // by FillUsers: nobody has proved to be the user
	Address  string `json:"address,omitempty"`
	Agent    string `json:"agent,omitempty"`
}

func deviceOf(entries map[string]json.RawMessage) (d device) {
	_ = json.Unmarshal(entries[deviceEntry], &d) // what is no device has nothing to say
	return d
}

// completes tells whether completion may have something to add.
func (o *options) completes() bool {
	return o.users || o.lives.Absolute > 0 || o.rotateEvery > 0
}

// completion adds to entries that are saved what options want of each session: when it began, and a
// public name of the login.
func (s *State) completion() func(map[string]json.RawMessage) map[string]json.RawMessage {
	now, public := s.now(), ""
	return func(entries map[string]json.RawMessage) map[string]json.RawMessage {
		entries = s.rotated(s.p.opts.lives.Started(entries, now), now)
		if s.isNamed(entries) {
			return entries
		}
		if public == "" {
			public = newPublicID()
		}
		d := deviceOf(entries)
		d.PublicID = public
		entries = maps.Clone(entries)
		entries[deviceEntry], _ = encode(deviceEntry, d) // of texts alone
		return entries
	}
}

// isComplete tells whether completion has nothing to add.
func (s *State) isComplete(entries map[string]json.RawMessage) bool {
	return s.p.opts.lives.IsStarted(entries) && s.isNamed(entries) &&
		(s.p.opts.rotateEvery == 0 || rotationOf(entries).Since != 0)
}

func (s *State) isNamed(entries map[string]json.RawMessage) bool {
	return !s.p.opts.users || entries[userEntry] == nil || deviceOf(entries).PublicID != ""
}

func newPublicID() string { return rand.Text()[:20] }

// printable is a text of so many bytes at most, in one line.
func printable(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}
