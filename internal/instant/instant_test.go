package instant

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// An instant in the column is the same one when it is read, and its text compares as it does, which
// SQLite relies on.
func TestExpiryColumn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyInstant(t, "a"), anyInstant(t, "b")
		if rapid.Bool().Draw(t, "near") {
			apart := rapid.Int64Range(-2_000_000, 2_000_000).Draw(t, "microseconds")
			b = a.Add(time.Duration(apart) * time.Microsecond)
		}
		text := Text(a)
		if read, err := Read(text); err != nil || !read.Equal(a) {
			t.Fatalf("%v is %s in a row, and read as %v, %v", a, text, read, err)
		}
		if n := len(text); n != len(textLayout) && n != len(textLayout+".000000") {
			t.Fatalf("Django writes no %s", text)
		}
		if a.Before(b) != (text < Text(b)) {
			t.Fatalf("%s and %s compare otherwise than the instants", text, Text(b))
		}
	})
	for _, text := range []string{
		"2030-01-02 03:04:05", "2030-01-02 03:04:05.000000", "2030-01-02 03:04:05+00:00",
		"2030-01-02T03:04:05Z", "2030-01-02 05:04:05+02",
	} {
		if read, err := Read([]byte(text)); err != nil || read.Unix() != 1893553445 {
			t.Errorf("%s is %v, %v", text, read, err)
		}
	}
	for _, src := range []any{"", "soon", []byte("2030"), nil, 7} {
		if _, err := Read(src); err == nil {
			t.Errorf("%v was read", src)
		}
	}
}

func anyInstant(t *rapid.T, label string) time.Time {
	// 1970 to 2096
	return time.UnixMicro(rapid.Int64Range(0, 4_000_000_000_000_000).Draw(t, label)).UTC()
}
