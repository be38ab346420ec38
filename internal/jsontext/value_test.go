package jsontext

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	for raw, want := range map[string]any{
		"0": int64(0), "-0": int64(0), "-1": int64(-1), "7": int64(7),
		"9223372036854775807": int64(math.MaxInt64), "-9223372036854775808": int64(math.MinInt64),
		"9223372036854775808":            json.Number("9223372036854775808"),
		"-9223372036854775809":           json.Number("-9223372036854775809"),
		"123456789012345678901234567890": json.Number("123456789012345678901234567890"),
		"1.0":                            1.0, "-0.0": math.Copysign(0, -1), "0.1": 0.1, "1e2": 100.0,
		"1E+2": 100.0, "1e-7": 1e-7,
		"1.7976931348623157e308": math.MaxFloat64, "5e-324": math.SmallestNonzeroFloat64, "1e-400": 0.0,
		"1e400": json.Number("1e400"), "-1e400": json.Number("-1e400"),
		"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1),
	} {
		for _, place := range []string{"%s", " %s\n", "[%s]", `{"n":%s}`, `[[{"n":[%s]}]]`} {
			got, err := Value(json.RawMessage(fmt.Sprintf(place, raw)))
			if err != nil {
				t.Errorf("%s: %v", raw, err)
			}
			if number := innermost(got); fmt.Sprintf("%#v", number) != fmt.Sprintf("%#v", want) {
				t.Errorf("%s is %#v, not %#v", fmt.Sprintf(place, raw), number, want)
			}
		}
	}
}

func innermost(v any) any {
	switch v := v.(type) {
	case []any:
		return innermost(v[0])
	case map[string]any:
		return innermost(v["n"])
	}
	return v
}

func TestValueOfOtherTypes(t *testing.T) {
	for raw, want := range map[string]any{
		"null": nil, "true": true, "false": false, `""`: "", `"NaN"`: "NaN", `"-Infinity, 0E0"`: "-Infinity, 0E0",
		`["NaN",0E0]`: []any{"NaN", 0.0}, `["NaN",NaN]`: []any{"NaN", math.NaN()}, `{"NaN\"":NaN}`: map[string]any{`NaN"`: math.NaN()},
		`"\u0041\ud83c\udf6a\/"`: "A\U0001f36a/", "[]": []any{}, "{}": map[string]any{},
	} {
		got, err := Value(json.RawMessage(raw))
		if err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
			t.Errorf("%s is %#v, %v, not %#v", raw, got, err, want)
		}
	}
}

func TestValueRefuses(t *testing.T) {
	for _, raw := range []string{"", " ", "1 2", "[1", "{}]", "nan", "inf", "+1", "01", "1.", ".5",
		"'a'", "-NaN", "1NaN", "NaN1", "NaNNaN", "Infinity.0",
		"-", "--Infinity", "[NaN NaN]", `{"a":NaN,}`, `"`, "\"\x01\"", strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001)} {
		if got, err := Value(json.RawMessage(raw)); err == nil {
			t.Errorf("%.30q is %#v", raw, got)
		}
	}
}

func TestEncode(t *testing.T) {
	type named struct {
		Float float64 `json:"float"`
		Text  string  `json:"text"`
	}
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "null"}, {true, "true"}, {7, "7"}, {uint64(math.MaxUint64), "18446744073709551615"},
		{json.Number("123456789012345678901234567890"), "123456789012345678901234567890"},
		{1.0, "1.0"}, {0.0, "0.0"}, {math.Copysign(0, -1), "-0.0"}, {float32(2), "2.0"}, {0.1, "0.1"},
		{float32(0.1), "0.1"},
		{1e14, "100000000000000.0"}, {1e15, "1e+15"}, {1e21, "1e+21"}, {1e300, "1e+300"}, {1e-7, "1e-7"},
		{math.MaxFloat64, "1.7976931348623157e+308"},
		{[]any{1.0, 1, []any{2.0}}, "[1.0,1,[2.0]]"}, {map[string]any{"b": 1.0, "a": map[string]any{"c": 2.0}}, `{"a":{"c":2.0},"b":1.0}`},
		{[]any(nil), "null"}, {map[string]any(nil), "null"}, {[]string{}, "[]"}, {named{1, "x"}, `{"float":1,"text":"x"}`},
		{"<a href='x'>&", `"<a href='x'>&"`}, {"\"\\\b\n\x00\x1f", `"\"\\\b\n\u0000\u001f"`}, {"\x7f", `"\u007f"`}, {"~", `"~"`},
		{"\u00e4\u20ac\uffff", `"\u00e4\u20ac\uffff"`}, {"\U0001f36a\U0010ffff", `"\ud83c\udf6a\udbff\udfff"`}, {"\u2028\u2029", `"\u2028\u2029"`},
		{"a\xffb\xc3", `"a\ufffdb\ufffd"`}, {map[string]int{"\u00e4": 1, "\x7f": 2}, `{"\u007f":2,"\u00e4":1}`},
		{json.RawMessage(`{"a" : "\u00E4ä" }`), `{"a":"\u00E4\u00e4"}`}, {[]byte("hi"), `"aGk="`},
	} {
		got, err := Encode(c.value)
		if err != nil || string(got) != c.want {
			t.Errorf("%#v is %s, %v, not %s", c.value, got, err, c.want)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	cycle := map[string]any{}
	cycle["self"] = cycle
	list := []any{nil}
	list[0] = list
	for name, v := range map[string]any{
		"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity in a list": []any{math.Inf(-1)},
		"float32 NaN": float32(math.NaN()),
		"channel":     make(chan int), "function": func() {}, "complex": 1i, "cyclic map": cycle,
		"cyclic list": list,
		"bad number":  json.Number("1x"), "bad text": json.RawMessage("{"),
		"bad number in a type": []json.Number{"1x"},
		"NaN as a text":        json.RawMessage("NaN"),
		"map with odd keys":    map[struct{}]int{{}: 1}, "501 levels": nested(501),
		"501 levels of a type": typed(501), "long integer": json.Number(strings.Repeat("1", 4001)),
	} {
		if got, err := Encode(v); err == nil {
			t.Errorf("%s is %.40s", name, got)
		} else if strings.Contains(err.Error(), "1x") {
			t.Errorf("%s is quoted: %v", name, err)
		}
	}
	for name, v := range map[string]any{"500 levels": nested(500), "500 levels of a type": typed(500),
		"brackets in a text": strings.Repeat("[", 600)} {
		if _, err := Encode(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func nested(levels int) any {
	var v any = []any{}
	for range levels - 1 {
		v = []any{v}
	}
	return v
}

// tree is a type that Encode does not look into.
type tree []tree

func typed(levels int) any {
	v := tree{}
	for range levels - 1 {
		v = tree{v}
	}
	return v
}

// What Encode makes of what Value gives is the same value again.
func FuzzValue(f *testing.F) {
	for _, raw := range []string{"0", "-0", "-0.0", "1e400", "1E-400", "123456789012345678901234567890", "1.5", "1e15", `"a"`, `"\ud800"`, `"\u007fä"`, "[1,2.0,null]",
		`{"a":{"b":[]},"a":1}`, "NaN", "[NaN,-Infinity]", `"NaN"`, " 1 ", "1NaN", "0E0", "[0E0,NaN]", "\"\xff\"", `{"\ud800":1,"\ud801":2}`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := Value(raw)
		if json.Valid(raw) != (err == nil) && !hasConstants(raw) {
			t.Fatalf("%q: valid %v, but %v", raw, json.Valid(raw), err)
		}
		if err != nil {
			return
		}
		encoded, err := Encode(v)
		if err != nil {
			deep, long := depth(raw) > MaxDepth, longestNumber(raw) > MaxDigits
			if !deep && !long && !hasConstants(raw) {
				t.Fatalf("%q was read as %#v, but is not written: %v", raw, v, err)
			}
			return
		}
		again, err := Value(encoded)
		if err != nil || fmt.Sprintf("%#v", again) != fmt.Sprintf("%#v", v) {
			t.Errorf("%q was read as %#v, and written as %q, which is %#v, %v", raw, v, encoded, again, err)
		}
	})
}

// A value that holds itself more than once is refused as soon as one that does so once.
func TestEncodeRefusesCycles(t *testing.T) {
	m := map[string]any{}
	m["a"], m["b"] = m, m
	l := make([]any, 2)
	l[0], l[1] = l, l
	for _, v := range []any{m, l} {
		if raw, err := Encode(v); err == nil {
			t.Errorf("%T: %d bytes", v, len(raw))
		}
	}
}
