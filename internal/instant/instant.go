// Package instant is the form that an instant has in the column expire_date: UTC in Django's text
// form on SQLite and MySQL, whose columns know no zone, or the wall clock of another place.
package instant

import (
	"fmt"
	"strings"
	"time"
)

// textLayout is Django's form; a fraction is left out when it is zero, so that equal instants are
// equal texts.
const textLayout = "2006-01-02 15:04:05"

// Text is what a column without a zone holds.
func Text(t time.Time) string {
	b := appendSeconds(make([]byte, 0, len(plain)), t)
	if micros := t.Nanosecond() / 1000; micros > 0 {
		b = appendDigits(append(b, '.'), micros, 6)
	}
	return string(b)
}

// appendSeconds appends t in textLayout. Each request does this, and time.Format reads the layout
// each time.
func appendSeconds(b []byte, t time.Time) []byte {
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(b, textLayout)
	}
	hour, minute, second := t.Clock()
	b = appendDigits(b, year, 4)
	b = appendDigits(append(b, '-'), int(month), 2)
	b = appendDigits(append(b, '-'), day, 2)
	b = appendDigits(append(b, ' '), hour, 2)
	b = appendDigits(append(b, ':'), minute, 2)
	return appendDigits(append(b, ':'), second, 2)
}

// appendDigits appends the last digits of n, as many as width says.
func appendDigits(b []byte, n, width int) []byte {
	b = append(b, "000000"[:width]...)
	for i := 1; i <= width; i++ {
		b[len(b)-i] += byte(n % 10)
		n /= 10
	}
	return b
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
	if t, ok := parsePlain(text); ok {
		return t, nil
	}
	return parseAny(strings.Clone(text)) // text itself may be on the stack
}

// plain is the form of what Text writes, and of what MySQL gives, with a digit for each zero.
const plain = "0000-00-00 00:00:00.000000"

// parsePlain reads a text of that form, with or without the fraction. It gives up where parseAny
// decides.
func parsePlain(text string) (_ time.Time, ok bool) {
	if len(text) != len(textLayout) && len(text) != len(plain) {
		return time.Time{}, false
	}
	for i := range len(text) {
		isDigit := text[i] >= '0' && text[i] <= '9'
		if isDigit != (plain[i] == '0') || !isDigit && text[i] != plain[i] {
			return time.Time{}, false
		}
	}
	micros := 0
	if len(text) == len(plain) {
		micros = number(text[20:])
	}
	t := time.Date(
		number(text[0:4]), time.Month(number(text[5:7])), number(text[8:10]),
		number(text[11:13]), number(text[14:16]), number(text[17:19]), micros*1000, time.UTC,
	)
	// time.Date makes the 2nd of March of a 30th of February.
	var buffer [len(textLayout)]byte
	return t, string(appendSeconds(buffer[:0], t)) == text[:len(textLayout)]
}

// number is what digits say.
func number(digits string) (n int) {
	for _, digit := range digits {
		n = 10*n + int(digit-'0')
	}
	return n
}

// parseAny reads a text by package time, also one with a zone.
func parseAny(text string) (time.Time, error) {
	for _, layout := range []string{
		textLayout, textLayout + "Z07:00", textLayout + "Z07", time.RFC3339,
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("gormsession: expire_date holds no time: %.40q", text)
}

// OnWall is the time at which a clock in loc shows what t's clock shows: the later one, where it
// shows that twice.
func OnWall(t time.Time, loc *time.Location) time.Time {
	at := time.Date(
		t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc,
	)
	_, turn := at.ZoneBounds()
	if again := at.Add(putBack(at, turn)); !turn.IsZero() && !again.Before(turn) {
		return again
	}
	return at
}

// Once is t, or if its clock shows that for the second time, the end of what it shows twice.
func Once(t time.Time) time.Time {
	turn, _ := t.ZoneBounds()
	if turn.IsZero() {
		return t
	}
	if end := turn.Add(putBack(turn.Add(-1), turn)); t.Before(end) {
		return end
	}
	return t
}

// putBack is by how much a clock shows less at the second instant than the time between the two
// makes it.
func putBack(before, after time.Time) time.Duration {
	_, was := before.Zone()
	_, is := after.Zone()
	return time.Duration(was-is) * time.Second
}
