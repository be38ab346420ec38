package instant

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What is written and read by hand is what package time writes and reads.

func checkText(t interface{ Errorf(string, ...any) }, at time.Time) {
	layout := textLayout
	if at.Nanosecond() >= 1000 {
		layout += ".000000"
	}
	if got, want := Text(at), at.Format(layout); got != want {
		t.Errorf("%v is written as %q, not %q", at, got, want)
	}
}

func checkRead(t interface{ Errorf(string, ...any) }, text string) {
	got, err := Read(text)
	want, wantErr := parseAny(text)
	if got != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Errorf("%q is read as %v, %v; by package time as %v, %v", text, got, err, want, wantErr)
	}
}

func TestByHandIsAsPackageTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		year, nanosecond := rapid.IntRange(-200, 10_200).Draw(t, "year"), rapid.IntRange(0,
			999_999_999).Draw(t, "nanosecond")
		nanosecond /= rapid.SampledFrom([]int{1, 1000, 1_000_000, 1_000_000_000}).Draw(t, "precision")
		zone := time.FixedZone("", rapid.IntRange(-12*3600, 14*3600).Draw(t, "offset"))
		at := time.Date(year, 1, 1, 0, 0, rapid.IntRange(0, 400*24*3600).Draw(t, "second"), nanosecond,
			zone)
		checkText(t, at)
		checkText(t, at.UTC())
		text := []byte(at.Format(rapid.SampledFrom([]string{textLayout, textLayout + ".000000",
			textLayout + ".000", textLayout + ".000000Z07:00", time.RFC3339}).Draw(t, "layout")))
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			text[rapid.IntRange(0, len(text)-1).Draw(t,
				"place")] = rapid.SampledFrom([]byte("0123456789-: .,TZ+x\x00\xff")).Draw(t, "instead")
		}
		checkRead(t, string(text))
	})
}

// Each pair of digits in the place of each part, so that each part is beyond its limit once.
func TestPartsBeyondTheirLimits(t *testing.T) {
	for _, text := range []string{"2024-02-29 23:59:59", "2023-02-28 00:00:00.999999",
		"0000-12-31 23:59:59.000000"} {
		for part := 2; part < len(textLayout); part += 3 {
			for n := range 100 {
				checkRead(t, fmt.Sprintf("%s%02d%s", text[:part], n, text[part+2:]))
			}
		}
	}
	for year := -2; year < 10_003; year++ {
		checkText(t, time.Date(year, 12, 31, 23, 59, 59, 999_999_999, time.UTC))
	}
}

// Each other character at each place, and each length.
func TestTextsOfOtherForms(t *testing.T) {
	for _, text := range []string{textLayout, textLayout + ".123456", textLayout + ".1234567"} {
		for i := range text {
			for _, c := range "-: .,TZ+x\x00\u00e4" {
				checkRead(t, text[:i]+string(c)+text[i+1:])
			}
			checkRead(t, text[:i])
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{"", "2030-01-02 03:04:05", "2030-01-02 03:04:05.000006",
		"2030-01-02T03:04:05Z", "2030-01-02 05:04:05+02", "2030-02-30 00:00:00", "2030-01-02 3:04:05",
		"2030-01-02 24:00:00", "2030-01-02 23:59:60.5", "2030-01-02 03:04:05,123456",
		"0000-00-00 00:00:00", "2030-01-02 03:04:05.00000x", "10000-01-02 03:04:05"} {
		f.Add(text, int64(len(text)), int64(999_999_999))
	}
	f.Fuzz(func(t *testing.T, text string, seconds, nanosecond int64) {
		checkRead(t, text)
		at := time.Unix(seconds, nanosecond%1_000_000_000).UTC()
		checkText(t, at)
		checkRead(t, Text(at))
		checkText(t, time.Unix(seconds%400_000_000_000,
			nanosecond%1_000_000_000).UTC()) // years that are written by hand, mostly
	})
}

func BenchmarkText(b *testing.B) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		Text(at)
	}
}

func BenchmarkRead(b *testing.B) {
	for _, text := range []string{"2030-01-02 03:04:05", "2030-01-02 03:04:05.000000"} {
		var src any = []byte(text)
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
