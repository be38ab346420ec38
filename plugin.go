package gormsession

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// A Plugin keeps the sessions of one table. An adapter, such as package ginsession, takes a session
// through each request with its [Adapter]; its own methods serve programs that have no request. It
// is safe for concurrent use.
type Plugin struct {
	opts   *options
	store  *engine.Store
	rules  verdict.Rules
	absent *header.Absence
	large  *sync.Once    // a warning of large sessions
	turns  *atomic.Int64 // no session gets a new key by itself before, in Unix nanoseconds

	reading  header.Reading
	cookie   *header.Cookie
	depends  []string   // the fields of requests that sessions depend on
	narrowed *sync.Once // an error of WithCookieFor
}

// String names the plugin by its table.
func (p Plugin) String() string {
	if p.opts == nil {
		return "gormsession.Plugin"
	}
	return "gormsession.Plugin of " + p.opts.table
}

// GoString is String.
func (p Plugin) GoString() string { return p.String() }

// Format prints String for every verb: the options may hold the keys of a codec.
func (p Plugin) Format(f fmt.State, _ rune) { fmt.Fprint(f, p.String()) }

// LogValue logs String.
func (p Plugin) LogValue() slog.Value { return slog.StringValue(p.String()) }

// New makes a plugin on the application's database, and the table if it is missing. It refuses
// options that make no sense, a database handle that cannot serve, and a table that cannot keep
// sessions, with an error that says how to mend it; what the account may not look at is a warning
// in the log. A database that does not answer within [WithTimeout] is [ErrUnavailable].
func New(db *gorm.DB, opts ...Option) (*Plugin, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	p := &Plugin{
		opts: o, rules: o.rules(), absent: &header.Absence{}, large: &sync.Once{},
		reading: o.reading(), cookie: o.attributes.cookie(), depends: o.dependsOn(),
		narrowed: &sync.Once{}, turns: &atomic.Int64{},
	}
	if p.store, err = open(db, o); err != nil {
		return nil, err
	}
	return p, nil
}

// CookieName is the name of the cookie: see [WithCookieName].
func (p *Plugin) CookieName() string { return p.opts.cookieName }

// Logger is where the plugin logs: see [WithLogger].
func (p *Plugin) Logger() *slog.Logger { return p.opts.log() }
