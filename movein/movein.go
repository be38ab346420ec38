// Package movein takes the sessions of another library over, one by one, as their visitors come:
// nobody is logged out by the move. Packages fromgincontrib, fromgorilla and fromscs, modules of
// their own, know the libraries; a [Source] of your own knows any other.
//
// A request that brings the old cookie, and no session of ours, gets a session with the entries of
// the old one. Each old session is taken over once, whatever the number of requests at once, which
// all get the same new one: a table of the bridge's own has a row for each, which is written in the
// transaction that saves the session. Then the old session is ended. The old cookie leads to the
// new session for a minute more, for what was on its way; the client is told to forget it once it
// has come with a session of ours. A cookie that the old library does not take is left alone until
// then, as that may be a fault which is mended.
//
// The row holds a hash of what names the old session, and the key of the new one, sealed by the
// value of the old cookie: whoever can read the table alone can open nothing. Drop the table with
// the bridge.
package movein

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
)

// A Source is the library that is moved from.
type Source interface {
	// Cookie is the name of its cookie.
	Cookie() string

	// Name is what tells the old session of a cookie from all others, whatever else the cookie says,
	// and "" where the library did not make that cookie. Values that the library takes for one have
	// one name: where its database finds a token in capitals too, or a decoder passes over bits,
	// the value itself is none, as each of its spellings would be taken over once. It asks no
	// database.
	Name(value string) string

	// Load returns the entries of the request's old session, and nil where there is none: it has
	// ended, has expired, or is forged. Where nobody can tell, it is an error. The context of the
	// request is not the client's, here and in End: it ends with the time for the old session.
	Load(r *http.Request) (map[string]any, error)

	// End ends the request's old session, so that the old library does not know it any more.
	End(r *http.Request) error

	// Forget has the client forget the cookie. It is called when the handler has returned.
	Forget(w http.ResponseWriter, r *http.Request)
}

// Config is how sessions are taken over. The zero value will do.
type Config struct {
	// Fill puts what an old session holds into the new one, which is empty; without it each entry is
	// set by its name. What it returns is the request's error, nothing is taken over then, and the
	// next request tries again. It may run more than once for a session. A LogIn in it counts as a
	// login of this moment, for [gormsession.State.IsFresh] too: to say whose the sessions are
	// without that, call [gormsession.Plugin.FillUsers] once all have come.
	Fill func(s *gormsession.State, old map[string]any) error

	// Keep leaves the old sessions, and their cookies, as they are, so that one may go back to the
	// old library for a while; what was changed since stays behind then. A logout does not reach
	// the old session, which counts in the old library alone, nor does one there reach the new
	// session: before you come again from there, empty Table and the table of sessions, and all are
	// taken over anew. As long as a client has both cookies, each of its requests loads its session.
	Keep bool

	// Overlap is how long the old cookie leads to the new session, a minute if it is 0: for requests
	// that were sent before the client had the new cookie, and for one that has not got the response
	// with it. It never leads to another one, nor to this one after its logout or a login.
	Overlap time.Duration

	// Table is the bridge's own, "taken_sessions" if it is empty. New makes it if it is missing.
	Table string

	// Now is the clock, time.Now if it is nil.
	Now func() time.Time
}

// A Bridge takes the sessions of a source over into a plugin's. It is safe for concurrent use.
type Bridge struct {
	Config
	plugin *gormsession.Plugin
	db     *gorm.DB
	source Source
}

// timeout bounds what the bridge asks the database for one request.
const timeout = 5 * time.Second

// New makes a bridge from a source to the plugin, on the database handle that the plugin was made
// on.
func New(db *gorm.DB, plugin *gormsession.Plugin, source Source, c Config) (*Bridge, error) {
	switch {
	case db == nil, plugin == nil, source == nil:
		return nil, errors.New("gormsession: movein.New needs the database, the plugin that " +
			"gormsession.New has made on it, and a source")
	case source.Cookie() == plugin.CookieName():
		return nil, fmt.Errorf("gormsession: the old library's cookie is named %q, as the plugin's is: "+
			"give the plugin another name by WithCookieName", source.Cookie())
	}
	if c.Fill == nil {
		c.Fill = setAll
	}
	if c.Overlap == 0 {
		c.Overlap = time.Minute
	}
	if c.Table == "" {
		c.Table = "taken_sessions"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	// Without a logger: that two requests take one session is no error.
	quiet := db.Session(&gorm.Session{NewDB: true, Logger: logger.Discard})
	b := &Bridge{Config: c, plugin: plugin, db: quiet, source: source}
	if err := b.makeTable(); err != nil {
		return nil, fmt.Errorf("gormsession: the table %s cannot be made: %w", c.Table, err)
	}
	return b, nil
}

func setAll(s *gormsession.State, old map[string]any) error {
	s.SetAll(old)
	return nil
}

// makeTable makes the table if it is missing. Another process may be quicker.
func (b *Bridge) makeTable() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	tables := b.db.WithContext(ctx).Table(b.Table).Migrator()
	if tables.HasTable(b.Table) {
		return nil
	}
	err := tables.CreateTable(&taken{})
	if err != nil && tables.HasTable(b.Table) {
		return nil
	}
	return err
}
