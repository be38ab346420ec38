// Package instant is the form that an instant has in the column expire_date: UTC in Django's text
// form on SQLite and MySQL, whose columns know no zone, or the wall clock of another place.
package instant

import (
	"fmt"
	"time"
)

// textLayout is Django's form; a fraction is left out when it is zero, so that equal instants are
// equal texts.
const textLayout = "2006-01-02 15:04:05"

// Text is what a column without a zone holds.
func Text(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.Format(textLayout)
	}
	return t.Format(textLayout + ".000000")
}

// Read reads what a driver has read.
func Read(src any) (time.Time, error) {
	switch src := src.(type) {
	case time.Time:
		return src.UTC(), nil
	case []byte:
		return parse(string(src))
	case string:
		return parse(src)
	}
	return time.Time{}, fmt.Errorf("gormsession: expire_date cannot be read from a %T", src)
}

func parse(text string) (time.Time, error) {
	for _, layout := range []string{
		textLayout, textLayout + "Z07:00", textLayout + "Z07", time.RFC3339,
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("gormsession: expire_date holds no time: %.40q", text)
}

// OnWall is the time that a clock in loc shows where t's clock shows the same.
func OnWall(t time.Time, loc *time.Location) time.Time {
	return time.Date(
		t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc,
	)
}
