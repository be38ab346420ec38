package gormsession

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/layout"
	"github.com/seed7368b609/gormsession/internal/lifetime"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// An Option changes one setting of a [Plugin]. Options are applied in order, so that a later one
// wins.
type Option func(*options)

// options are the settings of a Plugin. The zero value is not usable; defaultOptions says what each
// setting is by default.
type options struct {
	layout     layout.Layout
	table      string // as WithTable says, else the model's, then the layout's
	tableNamed bool   // by WithTable
	migrate    engine.Migration
	model      *model

	attributes
	cookieNamed bool                                   // by WithCookieName
	cookieFor   func(r *http.Request) CookieAttributes // or nil
	keyHeader   string                                 // in canonical form, "" for none
	keyNamed    bool                                   // by WithKeyHeader
	forgets     bool                                   // WithUnknownCookieDeleted
	noStore     bool

	clearSiteData bool

	lives       lifetime.Settings
	stepIsSet   bool
	saveEvery   bool
	rotateEvery time.Duration
	rolling     bool

	codec        Codec
	clock        func() time.Time
	newKey       func() string
	logger       *slog.Logger // nil: slog.Default() at the time
	errorHandler func(http.ResponseWriter, *http.Request, error) bool
	timeout      time.Duration
	heldBytes    int
	cleanup      time.Duration
	values       map[any]any
	replaceRows  bool
	late         time.Duration // WithReplicaReads
	bounds       bounds
	encrypts     *sealing // nil: there is none, as in the next line
	decrypts     *sealing
	seal         *sealing // made of one of them; nil: data is not sealed
	sealedOnly   bool
	users        bool
	userLimit    *int // nil: there is none, as in the next line
	loginLimit   *int // WithUserLimitRefusing
	events       eventHandlers
	operations   operationHandlers
	formerOpts   []Option // nil: there is no former table
	former       *options // made of them
}

func defaultOptions() *options {
	return &options{
		layout:     layout.Own(),
		migrate:    engine.MakeTable,
		model:      sessionModel,
		attributes: attributes{path: "/", httpOnly: true, sameSite: http.SameSiteLaxMode},
		lives:      lifetime.Settings{Age: 14 * 24 * time.Hour},
		codec:      JSON,
		clock:      time.Now,
		newKey:     sessionkey.Random,
		timeout:    5 * time.Second,
		heldBytes:  64 << 10,
		cleanup:    10 * time.Minute,
		bounds:     bounds{bytes: 1 << 20, entries: 1_000, flashes: 100},
	}
}

func init() {
	layout.Option = func(l layout.Layout) any { return Option(func(o *options) { o.layout = l }) }
}

// WithOptions groups several options into one.
func WithOptions(opts ...Option) Option {
	return func(o *options) {
		for _, opt := range opts {
			if opt != nil {
				opt(o)
			}
		}
	}
}

// WithTable sets the name of the table, which may be "schema.table". The default is web_sessions.
// An empty name is refused by [New]. A TablePrefix of GORM's naming strategy is not put before it.
func WithTable(name string) Option {
	return func(o *options) { o.table, o.tableNamed = name, true }
}

// WithoutMigration leaves making the table to the application's own migrations, which run before
// [New]: a missing table is an error. By default New makes it when it is missing. New never alters
// an existing table: see [Migrate].
func WithoutMigration() Option { return func(o *options) { o.migrate = engine.Leave } }

// WithCookieName sets the name of the cookie. The default is session, and an empty name is refused
// by [New]. The prefixes __Host-, __Secure-, __Http- and __Host-Http- have the meaning of RFC
// 6265bis and turn Secure on.
func WithCookieName(name string) Option {
	return func(o *options) { o.cookieName, o.cookieNamed = name, true }
}

// WithDomain sets the Domain attribute of the cookie. By default there is none, and the cookie goes
// to the host alone that set it.
func WithDomain(domain string) Option { return func(o *options) { o.domain = domain } }

// WithPath sets the Path attribute of the cookie. The default is /.
func WithPath(path string) Option { return func(o *options) { o.path = path } }

// WithSecure says whether the cookie has the Secure attribute. By default it has where the request
// came over TLS, or over a proxy that says so in X-Forwarded-Proto, and always with SameSite=None,
// [WithPartitioned] and the name prefixes __Host-, __Secure- and __Http-.
func WithSecure(secure bool) Option { return func(o *options) { o.secure = &secure } }

// WithHTTPOnly says whether the cookie has the HttpOnly attribute, which hides it from JavaScript.
// The default is true; the name prefixes __Http- and __Host-Http- demand it.
func WithHTTPOnly(httpOnly bool) Option { return func(o *options) { o.httpOnly = httpOnly } }

// WithSameSite sets the SameSite attribute of the cookie. The default is [http.SameSiteLaxMode];
// [http.SameSiteDefaultMode] leaves the attribute out.
func WithSameSite(s http.SameSite) Option { return func(o *options) { o.sameSite = s } }

// WithPartitioned gives the cookie the Partitioned attribute (CHIPS), for pages that are embedded
// in those of other sites. Browsers bring it along there only with [WithSameSite] of
// http.SameSiteNoneMode, which is not implied.
func WithPartitioned() Option { return func(o *options) { o.partitioned = true } }

// WithUnknownCookieDeleted lets a request that merely reads delete a cookie whose session is
// unknown or has expired, as Django does, and as package django does without this option. By
// default such a cookie is left alone until something is stored: the browser may have got a newer
// one since it sent this one, as at a login in another tab, which a deletion would take away.
func WithUnknownCookieDeleted() Option { return func(o *options) { o.forgets = true } }

// WithLifetime sets how long a session lives from its last save on. The default is 14 days
// (Django's SESSION_COOKIE_AGE).
func WithLifetime(d time.Duration) Option { return func(o *options) { o.lives.Age = d } }

// WithBrowserSession makes the cookie end with the browser, unless the session has an expiry of its
// own. The row still lives for the lifetime. The default is a cookie that outlives the row: see
// [WithExpiryStep] (Django's SESSION_EXPIRE_AT_BROWSER_CLOSE).
func WithBrowserSession() Option { return func(o *options) { o.lives.Browser = true } }

// WithSaveEveryRequest renews the expiry of a live session with each request, also one that does
// not touch the session, at the price of a SELECT each, and of an UPDATE and a cookie at most 64
// times in a lifetime: see [WithExpiryStep] (Django's SESSION_SAVE_EVERY_REQUEST). Unlike Django,
// it never makes a row for an unknown cookie. Mind [WithRolling], which costs less.
func WithSaveEveryRequest() Option { return func(o *options) { o.saveEvery = true } }

// WithRolling renews the expiry of a live session with each request that reads or writes it. Thanks
// to the expiry step that is an UPDATE, and a cookie, at most 64 times in a lifetime.
func WithRolling() Option { return func(o *options) { o.rolling = true } }

// WithExpiryStep sets the step to which expire_date is rounded up, in whole seconds, for sessions
// with the standard lifetime; others are in proportion, and rounded up to a whole second. The
// default is 1/64 of the lifetime, and 100 days at most: a save within a step leaves the indexed
// column as it is, which PostgreSQL does in place, and a save that would change nothing is not
// sent, and no cookie with it. So the cookie lives one lifetime longer than the row, and 400 days
// at most, unless the session ends at a fixed time or with the browser. 0 is Django's way, and the
// default of package django: every save is sent, sets expire_date to the microsecond, and sends a
// cookie of the same age.
func WithExpiryStep(step time.Duration) Option {
	return func(o *options) { o.lives.Step, o.stepIsSet = step, true }
}

// WithCodec sets the codec. The default is [JSON].
func WithCodec(c Codec) Option { return func(o *options) { o.codec = c } }

// WithClock sets the clock that all expiry is reckoned by. The default is [time.Now]. It is called
// concurrently.
func WithClock(now func() time.Time) Option { return func(o *options) { o.clock = now } }

// WithLogger sets the logger. The default, and nil, is [slog.Default] at the time of each message.
// A message never holds a session key: sessions are named by their [State.Handle].
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.logger = l } }

// WithErrorHandler sets what answers a request whose session could not be loaded or saved: a
// function that writes a response of its own to w and returns true, or returns false to let the
// response of the handler go, without a cookie. err wraps one of the package's Err values. The
// default writes 503, 400, 403 or 500 in plain text, without a detail, and so does a function that
// returns true and has written nothing. After false the client takes for saved what is not, though
// the cookie of a [State.Save] that was done still goes out. It is called at most once for a
// response. What answers in another form, such as JSON, is this function: a middleware that answers
// for the router's errors adds nothing to a save that has failed. nil is the default.
func WithErrorHandler(h func(w http.ResponseWriter, r *http.Request, err error) bool) Option {
	return func(o *options) { o.errorHandler = h }
}

// WithTimeout sets how long each loading of a session may take, and each commit, which is all that
// is asked when the session is saved: the deletion of what was flushed, a load, and the saves. The
// default is 5 seconds. The context of the request does not cut it short: what a client that went
// away has changed is saved. After a connection that was lost, a second look may take a quarter of
// it more. SQLite's drivers cannot interrupt the busy timeout, which should be shorter.
func WithTimeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// WithHeldBytes sets how many bytes of a response's body are held until the session is saved. The
// default is 64 KiB. A longer body saves the session before the handler has returned; 0 does so at
// the first byte.
func WithHeldBytes(n int) Option { return func(o *options) { o.heldBytes = n } }

// WithCleanup sets how often, at most, one process deletes a batch of up to 1,000 expired rows,
// which it does after it has made a new row; where the batch was full, it does so again after the
// next one. The default is 10 minutes; 0 turns it off, for those who call [Plugin.ClearExpired]
// themselves.
func WithCleanup(every time.Duration) Option { return func(o *options) { o.cleanup = every } }

// WithReplacedRows makes a cycle of the key insert a row under the new key and delete the old one,
// where the engine cannot change a row's key: a table that is partitioned or sharded by session_key
// (PostgreSQL's PARTITION BY HASH, Citus, Vitess). By default the row's key is changed in place, so
// that a DELETE by a column of the application's own, such as a log out everywhere, cannot miss a
// session that gets a new key at that moment; with this option it can, and has to be repeated until
// a SELECT finds no such session: a DELETE that has missed one says that it has deleted nothing.
func WithReplacedRows() Option { return func(o *options) { o.replaceRows = true } }

func (o *options) log() *slog.Logger {
	if o.logger != nil {
		return o.logger
	}
	return slog.Default()
}

// rules are the options on which the end of a request depends.
func (o *options) rules() verdict.Rules {
	return verdict.Rules{
		Exact: o.lives.Step == 0, RenewEach: o.saveEvery, RenewRead: o.rolling,
		DeletesMalformed: o.layout.DeleteMalformed,
		DeletesUnknown:   o.forgets || o.layout.DeleteUnknown,
	}
}

// config is what the store is opened with.
func (o *options) config() engine.Config {
	return engine.Config{
		Layout: o.layout, Table: o.table, Model: o.model, Codec: o.codec,
		ReplaceRows: o.replaceRows, Late: o.late, Migrate: o.migrate,
		Timeout: o.timeout, Cleanup: o.cleanup, Clock: o.clock, NewKey: o.newKey, Logger: o.log,
		Sweeping: func(ctx context.Context, sweep func(context.Context) (int64, error)) (int64, error) {
			return o.operations.operate(ctx, OpClear, sweep)
		},
	}
}
