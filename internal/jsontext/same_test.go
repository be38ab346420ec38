package jsontext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The one pass and encoding/json are two ways to the same: what they accept, what they make of it,
// and what their errors say. Each check compares the package with its own slow way.

func checkSplit(t interface{ Errorf(string, ...any) }, text string) {
	got, err := Split(text)
	want, wantErr := splitRare(text)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || (got == nil) != (want == nil) ||
		!maps.EqualFunc(got, want, func(a, b json.RawMessage) bool {
			return a != nil && b != nil && bytes.Equal(a, b)
		}) {
		t.Errorf("%q is split into %q, %v; by encoding/json into %q, %v", text, got, err, want, wantErr)
	}
}

func checkValue(t interface{ Errorf(string, ...any) }, raw []byte) {
	got, err := Value(raw)
	want, wantErr := valueRare(raw)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
		t.Errorf("%q is %#v, %v; by encoding/json %#v, %v", raw, got, err, want, wantErr)
	}
}

func checkEncode(t interface{ Errorf(string, ...any) }, v any) {
	got, err := Encode(v)
	want, wantErr := encodeRare(v)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || string(got) != string(want) {
		t.Errorf("%#v is encoded as %s, %v; by encoding/json as %s, %v", v, got, err, want, wantErr)
	}
}

func TestOnePassIsAsEncodingJSON(t *testing.T) {
	t.Run("Split", rapid.MakeCheck(func(t *rapid.T) { checkSplit(t, anyText().Draw(t, "text")) }))
	t.Run("Value", rapid.MakeCheck(func(t *rapid.T) {
		checkValue(t, []byte(anyText().Draw(t, "text")))
	}))
	t.Run("Encode", rapid.MakeCheck(func(t *rapid.T) { checkEncode(t, anyValue(t, 3)) }))
}

// Each way to leave a character out of a text with all that JSON has, to put one in, and to put one
// in the place of another.
func TestOnePassOfEachEdit(t *testing.T) {
	const text = ` { "a" : [ true , false , null , {} , [] ] , "\u00e4b" : { "c" : -1.25e-7 , "d" : 0 , "e" : 10E+2 , "\ud83c\udf6a" : "\"\\\/\b\f\n\r\tx" } } `
	for i := range text {
		for _, c := range append(strings.Split("{}[]:,\"\\ \n\x00\x1fabefgFGntrux/.+-019E\x7f\xff", ""),
			"") {
			for _, edited := range []string{text[:i] + c + text[i:], text[:i] + c + text[i+1:]} {
				checkSplit(t, edited)
				checkValue(t, []byte(edited))
			}
		}
	}
}

// Each byte alone, and for what looks at eight at a time each pair, at each place among the eight.
func TestOnePassOfEachByte(t *testing.T) {
	for a := range 256 {
		char := string([]byte{byte(a)})
		checkSplit(t, `{"`+char+`":"`+char+`"}`)
		checkValue(t, []byte(char))
		checkEncode(t, char)
		for b := range 256 {
			for before := range 8 {
				s := append(bytes.Repeat([]byte("a"), before), byte(a), byte(b))
				s = append(s, "aaaaaaaaaaaaaaaa"...)
				if got, want := ordinaryLen(s), lenUntil(s,
					func(c byte) bool { return c < ' ' || c >= 0x7f || c == '"' || c == '\\' }); got != want {
					t.Fatalf("%q begins with %d ordinary bytes, not %d", s, want, got)
				}
				if got, want := asciiLen(s), lenUntil(s, func(c byte) bool { return c >= 0x7f }); got != want {
					t.Fatalf("%q begins with %d bytes of ASCII, not %d", s, want, got)
				}
			}
		}
	}
}

func lenUntil(s []byte, special func(byte) bool) int {
	if i := slices.IndexFunc(s, special); i >= 0 {
		return i
	}
	return len(s)
}

// What lies on a limit, and next to it: where a float gets an exponent, and how deep a value may be
// nested.
func TestOnePassOfEachLimit(t *testing.T) {
	for _, f := range []float64{0, 1e-10, 1e-9, 1e-6, 1, 1e6, 1e14, 1e15, 1e16, 1e20, 1e21, 1e22,
		math.MaxFloat32, math.MaxFloat64} {
		for _, f := range []float64{f, math.Nextafter(f, math.Inf(1)), math.Nextafter(f, math.Inf(-1)),
			f + 0.5, f - 0.5} {
			single := float32(f)
			for _, v := range []any{f, -f, single, -single, math.Nextafter32(single, 0),
				math.Nextafter32(single, float32(math.Inf(1)))} {
				checkEncode(t, v)
			}
		}
	}
	var list, member any = []any(nil), map[string]any(nil)
	for range MaxDepth + 2 {
		checkEncode(t, list)
		checkEncode(t, member)
		list, member = []any{list}, map[string]any{"a": member}
	}
}

func FuzzOnePass(f *testing.F) {
	for _, text := range nasty {
		f.Add(text, uint64(len(text)))
		f.Add(`{"a":`+text+`}`, math.Float64bits(1e-7))
		f.Add(`{ "a" : [ "`+text+`" , 1 ] }`, math.Float64bits(1e15))
		f.Add(`{"`+text+`":1,"b":{"`+text+`":[`+text+`]}}`, math.Float64bits(1e21))
	}
	f.Fuzz(func(t *testing.T, text string, bits uint64) {
		checkSplit(t, text)
		checkValue(t, []byte(text))
		whole, single := math.Float64frombits(bits), math.Float32frombits(uint32(bits))
		for _, v := range []any{text, whole, single, int64(bits), bits, []any{text, whole, single},
			map[string]any{text: whole, "a": text}} {
			checkEncode(t, v)
		}
		if v, err := Value([]byte(text)); err == nil {
			checkEncode(t, v)
		}
		if entries, err := Split(text); err == nil {
			if got, want := Join(entries), joinSlowly(entries); got != want {
				t.Errorf("%q is put together as %q, not %q", entries, got, want)
			}
		}
	})
}

// joinSlowly is Join, rune by rune.
func joinSlowly(entries map[string]json.RawMessage) string {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		quoted := ""
		for _, r := range name {
			switch {
			case r == '"' || r == '\\':
				quoted += `\` + string(r)
			case r < ' ':
				quoted += fmt.Sprintf(`\u%04x`, r)
			default:
				quoted += string(r)
			}
		}
		members = append(members, `"`+quoted+`":`+string(entries[name]))
	}
	text := ""
	for _, r := range "{" + strings.Join(members, ",") + "}" {
		switch {
		case r > 0xffff:
			text += fmt.Sprintf(`\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		case r >= 0x7f:
			text += fmt.Sprintf(`\u%04x`, r)
		default:
			text += string(r)
		}
	}
	return text
}

func TestJoinIsAsRuneByRune(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.StringMatching("[a-z_]{1,9}"), rapid.String())
		entries := rapid.MapOfN(name,
			rapid.Custom(func(t *rapid.T) json.RawMessage { return json.RawMessage(validText(t, 2)) }), 0,
			40).Draw(t, "entries")
		if got, want := Join(entries), joinSlowly(entries); got != want {
			t.Errorf("%q is put together as %q, not %q", entries, got, want)
		}
	})
}

// What sessions hold needs no encoding/json, or all of this is for nothing.
func TestOnePassIsTaken(t *testing.T) {
	for name, text := range benchmarkSessions() {
		entries, ok := splitPlain(" " + text + "\n")
		if !ok {
			t.Errorf("%s: encoding/json splits it", name)
		}
		for name, raw := range entries {
			v, end := valueAt(raw, 0, 0)
			if end != len(raw) {
				t.Errorf("%s: encoding/json reads it", name)
			}
			if _, ok := appendValue(nil, v, 0); !ok {
				t.Errorf("%s: encoding/json writes it", name)
			}
		}
	}
}

// An entry that grows does not reach its neighbour, with which it shares its memory.
func TestEntriesAreApart(t *testing.T) {
	entries := split(t, `{"a":1,"b":"two","c":[3]}`)
	for name := range entries {
		_ = append(entries[name], " and more"...)
	}
	if got := Join(entries); got != `{"a":1,"b":"two","c":[3]}` {
		t.Errorf("they are %s now", got)
	}
}
