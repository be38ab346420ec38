package engine

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/seed7368b609/gormsession/internal/instant"
)

// An Expiry is an instant as the column expire_date has it.
type Expiry struct{ time.Time }

// GormValue is what is sent to the database.
func (e Expiry) GormValue(_ context.Context, db *gorm.DB) clause.Expr {
	return clause.Expr{SQL: "?", Vars: []any{e.on(db.Dialector.Name())}}
}

// on is what the driver of a dialect is given.
func (e Expiry) on(dialect string) any {
	t := e.UTC().Truncate(time.Microsecond)
	if dialect == "postgres" {
		return t
	}
	return instant.Text(t)
}

// Scan reads what a driver has read, or what GORM is to put into a field of a model.
func (e *Expiry) Scan(src any) error {
	if given, ok := src.(Expiry); ok {
		*e = given
		return nil
	}
	t, err := instant.Read(src)
	if err == nil {
		e.Time = t
	}
	return err
}

// expireArg is an expire_date as a parameter. In a table whose wall clock hangs elsewhere than in
// UTC, the hands are put there.
func (t *Table) expireArg(at time.Time) Expiry {
	if loc := t.layout.Location; loc != nil && t.dialect.wallClock {
		at = instant.OnWall(at.In(loc), time.UTC)
	}
	return Expiry{at}
}

// expireVar is expireArg for a text that is made before.
func (t *Table) expireVar(at time.Time) any { return t.expireArg(at).on(t.dialectName) }

// lasting is an end that is stored at now, as it is read then. Where the hands of a wall clock are
// put back before it they would show it too early, so it is when they no longer show what they have
// shown before; and what has ended they are not to show once more.
func (t *Table) lasting(end, now time.Time) time.Time {
	loc := t.layout.Location
	if whole := end.Truncate(t.unit); whole.Before(end) && end.After(now) {
		end = whole.Add(t.unit)
	} else {
		end = whole
	}
	switch {
	case loc == nil || !t.dialect.wallClock:
	case end.After(now):
		return instant.Once(end.In(loc)).UTC()
	case t.expireArg(end).After(t.expireArg(now).Time):
		return now
	}
	return end
}

// Live is the condition of the rows that are live now, for a query of the application's own.
func (t *Table) Live() clause.Expression {
	return clause.Gt{
		Column: clause.Column{Table: clause.CurrentTable, Name: "expire_date"},
		Value:  t.expireArg(t.Now()),
	}
}

// expireOf undoes expireArg.
func (t *Table) expireOf(e Expiry) time.Time {
	if loc := t.layout.Location; loc != nil && t.dialect.wallClock {
		return instant.OnWall(e.Time, loc)
	}
	return e.Time
}
