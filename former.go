package gormsession

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed7368b609/gormsession/internal/engine"
)

// WithFormer names a second table of the same database in which sessions may still be: that of the
// former settings, while an application moves to others. Of opts, what concerns the table counts:
// [WithTable], [WithCodec], [WithEncryption] and its like, [WithModel], [WithUsers],
// [WithoutMigration], and what a package such as django sets; everything else is as for the own
// table. Without opts it is the default table.
//
// A session is looked for in the own table and then in the former one, and saved where it was
// found; new sessions, and those that get a new key, go to the own table. So a binary with the new
// settings as its own ones and the old ones as the former serves everybody who is logged in, and so
// does one with the two the other way round: roll that one out first, then the other, and nobody is
// logged out while both run. [Plugin.MoveFormer] moves the rows. Give the cookie's name by
// [WithCookieName] where the two have not the same by default.
//
// It costs nothing where the session is in the own table, one SELECT more where it is in the former
// one, and two more where it is in neither.
func WithFormer(opts ...Option) Option {
	return func(o *options) { o.formerOpts = append([]Option{}, opts...) }
}

// makeFormer makes the settings of the former table, which shares clock, limits and logger with the
// own one.
func (o *options) makeFormer() error {
	if o.formerOpts == nil {
		return nil
	}
	f, err := newOptions(append(slices.Clip(o.formerOpts), func(f *options) {
		f.clock, f.timeout, f.logger = o.clock, o.timeout, o.logger
		if f.migrate != engine.Leave {
			f.migrate = o.migrate
		}
	}))
	switch {
	case err != nil:
		return fmt.Errorf("%w (in the options of WithFormer)", err)
	case f.former != nil:
		return errors.New("gormsession: WithFormer within WithFormer: there is one former table; " +
			"move the sessions of the other one by MoveFormer first")
	case o.loginLimit != nil && !f.users:
		return errors.New("gormsession: WithUserLimitRefusing beside a former table that does not " +
			"say whose its sessions are, so that they would not be counted: give WithFormer the " +
			"option WithUsers, or move them by MoveFormer first")
	case f.table == o.table:
		return fmt.Errorf(
			"gormsession: the own table and the former one are both %s: name one of them with WithTable",
			o.table,
		)
	case o.cookieName == "" && o.layout.Cookie != f.layout.Cookie:
		return fmt.Errorf(
			"gormsession: with WithFormer say which cookie it is: WithCookieName(%q) or "+
				"WithCookieName(%q); with another one than before everybody is logged out",
			o.layout.Cookie,
			f.layout.Cookie,
		)
	}
	for key, value := range f.values {
		if _, ok := o.values[key]; !ok {
			WithValue(key, value)(o)
		}
	}
	o.former = f
	return nil
}

// wellFormed tells whether a cookie's value can be a key, in either of the tables.
func (o *options) wellFormed(key string) bool {
	return o.layout.WellFormed(key) || o.former != nil && o.former.layout.WellFormed(key)
}

func (o *options) unquotesCookie() bool {
	return o.layout.UnquoteCookie || o.former != nil && o.former.layout.UnquoteCookie
}

// Moved says what [Plugin.MoveFormer] did with the live rows of the former table.
type Moved struct {
	Rows        int // are in the own table now
	Malformed   int // stay, as the own table cannot have their keys
	Undecodable int // stay, as their data cannot be read, or not be written with the own codec
	Taken       int // stay, as the own table has a row of their key, as after a restored backup
}

// MoveFormer moves the live rows of the former table, which [WithFormer] names, to the own one,
// with their keys and their expiry, and nobody is logged out by it. Each row is moved in a
// transaction of its own, as it is at that moment, while requests go on; servers must have both
// tables, either way round. Rows that have expired stay, and go with the former table or by
// [Plugin.ClearExpired].
//
// ctx ends it between two rows, and an error of the database ends it too: nothing is lost, and
// another call goes on with what is left. Call it again once no server is running that makes new
// rows in the former table.
func (p *Plugin) MoveFormer(ctx context.Context) (Moved, error) {
	var m engine.Moved
	_, err := p.operate(ctx, OpMove, func(ctx context.Context) (_ int64, err error) {
		m, err = p.store.MoveFormer(ctx, func(engine.Moved) {})
		return int64(m.Rows), err
	})
	return Moved(m), err
}
