package gormsession

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// Session is the GORM model of a row: key, data and expiry. These are all of the columns, for ever;
// [WithModel] adds the application's own by a model that embeds Session. Where keys are hashed,
// which is the default, SessionKey holds the SHA-256 of the key in hexadecimal. [Plugin.Entries]
// decodes a row.
//
// It prints as its handle, also within a model that embeds it, and what encodes structs for a log
// or a response, such as [encoding/json], leaves key and data out: a model that embeds it shows its
// own fields there. Only package encoding/gob, which is for programs, takes all, and package fmt
// where it asks no method: in an unexported field of a struct that is no pointer, and for %p and
// %w, which vet reports.
type Session struct {
	SessionKey  string `gorm:"column:session_key;primaryKey;size:64" json:"-" xml:"-" yaml:"-" toml:"-" bson:"-"`
	SessionData string `gorm:"column:session_data;not null"          json:"-" xml:"-" yaml:"-" toml:"-" bson:"-"`
	ExpireDate  Expiry `gorm:"column:expire_date;not null;index"`
}

// TableName is the default table.
func (Session) TableName() string { return "web_sessions" }

// String returns the public name of the row's session, as [State.Handle] does, and never a key.
func (s Session) String() string { return "session " + s.Handle() }

// GoString is String.
func (s Session) GoString() string { return s.String() }

// Format prints String for every verb: none of them may show a key.
func (s Session) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue logs the handle, never a key.
func (s Session) LogValue() slog.Value { return slog.StringValue(s.Handle()) }

// Handle returns the public name of the row's session for logs and lists, as [State.Handle] does: a
// list of a user's devices finds its own one by it. It opens and ends nothing: [Plugin.DeleteRow]
// does. It is "" for a row without a key.
func (s Session) Handle() string {
	if sessionkey.IsHash(s.SessionKey) { // a hash: keys are shorter
		return sessionkey.HandleOfHash(s.SessionKey)
	}
	return sessionkey.Handle(s.SessionKey)
}

// Entries are the entries of a session, decoded as [State.Get] decodes them.
type Entries map[string]any

// Get returns the entry of that name, or nil.
func (e Entries) Get(name string) any { return e[name] }

// Lookup returns the entry of that name and whether there is one.
func (e Entries) Lookup(name string) (any, bool) {
	v, ok := e[name]
	return v, ok
}

// Expiry is an instant in the column expire_date, to the microsecond: a timestamp with time zone on
// PostgreSQL, and UTC in Django's text form on SQLite and MySQL, where columns know no zone and
// SQLite compares text. A query of the application's own compares the column with an Expiry, such
// as Expiry{time.Now()}: a bare time.Time is in the driver's zone and form there.
type Expiry struct{ time.Time }

// GormDataType names the type for GORM's schema.
func (Expiry) GormDataType() string { return "expiry" }

// GormDBDataType is the type of the column.
func (Expiry) GormDBDataType(db *gorm.DB, _ *schema.Field) string {
	switch db.Dialector.Name() {
	case "postgres":
		return "timestamp with time zone"
	case "mysql":
		return "datetime(6)"
	}
	return "datetime"
}

// GormValue is what is sent to the database.
func (e Expiry) GormValue(ctx context.Context, db *gorm.DB) clause.Expr {
	return engine.Expiry(e).GormValue(ctx, db)
}

// Scan reads what a driver has read. With MySQL's parseTime the driver has put the wall clock into
// its loc already, and the instant is off by that zone's distance from UTC unless loc is UTC, as
// everywhere; the library itself reads the column as text.
func (e *Expiry) Scan(src any) error { return (*engine.Expiry)(e).Scan(src) }
