package jsontext

import (
	"encoding/json"
	"math"
	"strings"

	"pgregory.net/rapid"
)

// nasty are fragments of JSON texts, and of what is nearly one.
var nasty = []string{
	"{", "}", "[", "]", ",", ":", `"`, `\`, " ", "\t", "\r\n", "\v", "\x00", "\x1f", "\x7f", "\u00e4", "\u2028", "\ufffd", "\U0001f36a", "\xff", "\xc3",
	"null", "true", "false", "nul", "True", "NaN", "Infinity", "-Infinity", "0", "-", "+", "1", "12",
	"-0", "01", ".", ".5", "e", "E", "1e5", "1E+400",
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
	space := func() string {
		return rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r"}).Draw(t, "space")
	}
	list := func(item func() string) string {
		items := make([]string, rapid.IntRange(0, 4).Draw(t, "items"))
		for i := range items {
			items[i] = space() + item() + space()
		}
		return strings.Join(items, ",")
	}
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case depth > 0 && kind < 4:
		return "{" + space() + list(func() string {
			return text(t) + space() + ":" + space() + validText(t, depth-1)
		}) + "}"
	case depth > 0:
		return "[" + space() + list(func() string { return validText(t, depth-1) }) + "]"
	case kind < 3:
		return text(t)
	}
	return rapid.SampledFrom([]string{"null", "true", "false", "NaN", "-Infinity", "0", "-0", "-0.0",
		"1.50", "12", "1e5", "2E-7", "1e400", "1E-400", "0E0", "1E000777",
		"9007199254740993", "9223372036854775807", "-9223372036854775809",
		"123456789012345678901234567890"}).Draw(t, "scalar")
}

func text(t *rapid.T) string {
	return `"` + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "ab", "a longer run of characters", "NaN", "\u00e4", "\x7f", "\U0001f36a", "\xff", "\u2028", `\u0041`, `\u00E4`,
		`\ud83c\udf6a`, `\ud800`, `\udc00`, `\n`, `\b\f\r\t`, `\/`, `\"`, `\\`, `\u0000`, "/", "'", "<"}), 0, 5).Draw(t, "text"), "") + `"`
}

// anyValue is a value of the types that Encode writes itself, and of others.
func anyValue(t *rapid.T, depth int) any {
	switch rapid.IntRange(0, 12).Draw(t, "type") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int().Draw(t, "int")
	case 3:
		return rapid.Uint64().Draw(t, "uint64")
	case 4:
		return rapid.SampledFrom([]any{int32(-7), uint(7), int64(math.MinInt64), int8(-1), uint16(9),
			"NaN", []any(nil), map[string]any(nil), struct{ A float64 }{1}, []string{"\u00e4"},
			json.Number("1.0"), json.Number("x"), json.RawMessage(`{ "a": 1}`), json.RawMessage("{"), math.NaN(), math.Inf(-1), float32(math.Inf(1)), []float64{1}}).Draw(t, "other")
	case 5:
		return math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
	case 6:
		return math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
	case 7:
		return math.Trunc(rapid.Float64Range(-1e22, 1e22).Draw(t, "whole"))
	case 8:
		return rapid.Float64Range(-2e-6, 2e-6).Draw(t, "small")
	case 9:
		return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	case 10:
		if depth > 0 {
			list := make([]any, rapid.IntRange(0, 3).Draw(t, "items"))
			for i := range list {
				list[i] = anyValue(t, depth-1)
			}
			return list
		}
	case 11:
		if depth > 0 {
			m := make(map[string]any)
			for range rapid.IntRange(0, 3).Draw(t, "members") {
				m[rapid.String().Draw(t, "name")] = anyValue(t, depth-1)
			}
			return m
		}
	}
	return rapid.String().Draw(t, "string")
}
