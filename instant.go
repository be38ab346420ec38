package gormsession

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession/internal/instant"
)

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
func (e Expiry) GormValue(_ context.Context, db *gorm.DB) clause.Expr {
	t := e.UTC().Truncate(time.Microsecond)
	if db.Dialector.Name() == "postgres" {
		return clause.Expr{SQL: "?", Vars: []any{t}}
	}
	return clause.Expr{SQL: "?", Vars: []any{instant.Text(t)}}
}

// Scan reads what a driver has read. With MySQL's parseTime the driver has put the wall clock into
// its loc already, and the instant is off by that zone's distance from UTC unless loc is UTC, as
// everywhere; the library itself reads the column as text.
func (e *Expiry) Scan(src any) error {
	t, err := instant.Read(src)
	if err == nil {
		e.Time = t
	}
	return err
}
