package gormsession

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// Expiry is an instant in the column expire_date, to the microsecond: a timestamp with time zone on
// PostgreSQL, and UTC in Django's text form on SQLite and MySQL, where columns know no zone and
// SQLite compares text. A query of the application's own compares the column with an Expiry, such
// as Expiry{time.Now()}: a bare time.Time is in the driver's zone and form there.
type Expiry struct{ time.Time }

// textLayout is Django's form; a fraction is left out when it is zero, so that equal instants are
// equal texts.
const textLayout = "2006-01-02 15:04:05"

func textOf(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.Format(textLayout)
	}
	return t.Format(textLayout + ".000000")
}

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
	return clause.Expr{SQL: "?", Vars: []any{textOf(t)}}
}

// Scan reads what a driver has read. With MySQL's parseTime the driver has put the wall clock into
// its loc already, and the instant is off by that zone's distance from UTC unless loc is UTC, as
// everywhere; the library itself reads the column as text.
func (e *Expiry) Scan(src any) error {
	switch src := src.(type) {
	case time.Time:
		e.Time = src.UTC()
		return nil
	case []byte:
		return e.parse(string(src))
	case string:
		return e.parse(src)
	}
	return fmt.Errorf("gormsession: expire_date cannot be read from a %T", src)
}

func (e *Expiry) parse(text string) error {
	for _, layout := range []string{
		textLayout, textLayout + "Z07:00", textLayout + "Z07", time.RFC3339,
	} {
		if t, err := time.Parse(layout, text); err == nil {
			e.Time = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("gormsession: expire_date holds no time: %.40q", text)
}
