package jsontext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The one pass and encoding/json are two ways to the same: what they accept, what they make of it, and what their errors say. Each check
// compares the package with its own slow way.

func checkSplit(t interface{ Errorf(string, ...any) }, text string) {
	got, err := Split(text)
	want, wantErr := splitRare(text)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || (got == nil) != (want == nil) ||
		!maps.EqualFunc(got, want, func(a, b json.RawMessage) bool { return a != nil && b != nil && bytes.Equal(a, b) }) {
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

// nasty are fragments of JSON texts, and of what is nearly one.
var nasty = []string{
	"{", "}", "[", "]", ",", ":", `"`, `\`, " ", "\t", "\r\n", "\v", "\x00", "\x1f", "\x7f", "\u00e4", "\u2028", "\ufffd", "\U0001f36a", "\xff", "\xc3",
	"null", "true", "false", "nul", "True", "NaN", "Infinity", "-Infinity", "0", "-", "+", "1", "12", "-0", "01", ".", ".5", "e", "E", "1e5", "1E+400",
	"1e-400", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "0E0", "1E000777", "0x1", "1_0", `""`, `"a"`, `"b":`, `"a":1`, `"NaN"`,
	`\u0041`, `\ud83c\udf6a`, `\ud800`, `\udc00`, `\ud800\ud800`, `\u00`, `\U0041`, `\n`, `\/`, `\"`, `\\`, `\x`, "[]", "{}", `{"a":1}`, "[[[[", "]]]]", "/**/",
}

// anyText is a text of fragments, or a valid one, or one that was valid before it was edited.
func anyText() *rapid.Generator[string] {
	fragments := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOf(rapid.SampledFrom(nasty)).Draw(t, "fragments"), "")
	})
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 9).Draw(t, "fragments alone") == 0 {
			return fragments.Draw(t, "text")
		}
		text := validText(t, rapid.IntRange(0, 4).Draw(t, "depth"))
		for range rapid.IntRange(0, 2).Draw(t, "edits") {
			from := rapid.IntRange(0, len(text)).Draw(t, "from")
			to := rapid.IntRange(from, min(from+3, len(text))).Draw(t, "to")
			text = text[:from] + rapid.SampledFrom(append(nasty, "")).Draw(t, "instead") + text[to:]
		}
		return text
	})
}

// validText is a text that encoding/json takes, or would but for a constant.
func validText(t *rapid.T, depth int) string {
	space := func() string { return rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r"}).Draw(t, "space") }
	list := func(item func() string) string {
		items := make([]string, rapid.IntRange(0, 4).Draw(t, "items"))
		for i := range items {
			items[i] = space() + item() + space()
		}
		return strings.Join(items, ",")
	}
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case depth > 0 && kind < 4:
		return "{" + space() + list(func() string { return text(t) + space() + ":" + space() + validText(t, depth-1) }) + "}"
	case depth > 0:
		return "[" + space() + list(func() string { return validText(t, depth-1) }) + "]"
	case kind < 3:
		return text(t)
	}
	return rapid.SampledFrom([]string{"null", "true", "false", "NaN", "-Infinity", "0", "-0", "-0.0", "1.50", "12", "1e5", "2E-7", "1e400", "1E-400", "0E0", "1E000777",
		"9007199254740993", "9223372036854775807", "-9223372036854775809", "123456789012345678901234567890"}).Draw(t, "scalar")
}

func text(t *rapid.T) string {
	return `"` + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "ab", "a longer run of characters", "NaN", "\u00e4", "\x7f", "\U0001f36a", "\xff", "\u2028", `\u0041`, `\u00E4`,
		`\ud83c\udf6a`, `\ud800`, `\udc00`, `\n`, `\b\f\r\t`, `\/`, `\"`, `\\`, `\u0000`, "/", "'", "<"}), 0, 5).Draw(t, "text"), "") + `"`
}

func TestOnePassIsAsEncodingJSON(t *testing.T) {
	t.Run("Split", rapid.MakeCheck(func(t *rapid.T) { checkSplit(t, anyText().Draw(t, "text")) }))
	t.Run("Value", rapid.MakeCheck(func(t *rapid.T) { checkValue(t, []byte(anyText().Draw(t, "text"))) }))
}

// Each way to leave a character out of a text with all that JSON has, to put one in, and to put one in the place of another.
func TestOnePassOfEachEdit(t *testing.T) {
	const text = ` { "a" : [ true , false , null , {} , [] ] , "\u00e4b" : { "c" : -1.25e-7 , "d" : 0 , "e" : 10E+2 , "\ud83c\udf6a" : "\"\\\/\b\f\n\r\tx" } } `
	for i := range text {
		for _, c := range append(strings.Split("{}[]:,\"\\ \n\x00\x1fabefgFGntrux/.+-019E\x7f\xff", ""), "") {
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
		for b := range 256 {
			for before := range 8 {
				s := append(bytes.Repeat([]byte("a"), before), byte(a), byte(b))
				s = append(s, "aaaaaaaaaaaaaaaa"...)
				if got, want := ordinaryLen(s), lenUntil(s, func(c byte) bool { return c < ' ' || c >= 0x7f || c == '"' || c == '\\' }); got != want {
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

func FuzzOnePass(f *testing.F) {
	for _, text := range nasty {
		f.Add(text)
		f.Add(`{"a":` + text + `}`)
		f.Add(`{ "a" : [ "` + text + `" , 1 ] }`)
		f.Add(`{"` + text + `":1,"b":{"` + text + `":[` + text + `]}}`)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkSplit(t, text)
		checkValue(t, []byte(text))
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
			if _, end := valueAt(raw, 0, 0); end != len(raw) {
				t.Errorf("%s: encoding/json reads it", name)
			}
		}
	}
}

// An entry that grows does not reach its neighbour, with which it shares its memory.
func TestEntriesAreApart(t *testing.T) {
	entries := split(t, `{"a":1,"b":"two","c":[3]}`)
	for name := range entries {
		_ = append(entries[name], "xxxxxxxx"...)
	}
	if got := Join(entries); got != `{"a":1,"b":"two","c":[3]}` {
		t.Errorf("they are %s now", got)
	}
}
