package jsontext

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func split(t *testing.T, text string) map[string]json.RawMessage {
	t.Helper()
	entries, err := Split(text)
	if err != nil {
		t.Fatalf("%.60q: %v", text, err)
	}
	return entries
}

func TestSplitAndJoin(t *testing.T) {
	for text, want := range map[string]string{
		"{}": "{}", " \t\r\n{ }\n": "{}", `{"b":1,"a":2}`: `{"a":2,"b":1}`, `{"":""}`: `{"":""}`,
		`{"a":1,"a":2}`: `{"a":2}`, `{"a":1,"\u0061":2}`: `{"a":2}`, `{"a":NaN,"a":2}`: `{"a":2}`,
		// Values keep their spelling.
		`{"a": [ 1, 2.50 ,1E5 ]}`: `{"a":[ 1, 2.50 ,1E5 ]}`, `{"a":123456789012345678901234567890}`: `{"a":123456789012345678901234567890}`,
		`{"a":-0}`: `{"a":-0}`, `{"a":1e400}`: `{"a":1e400}`, `{"a":"\/\u0041"}`: `{"a":"\/\u0041"}`,
		`{"a":"\ud800 \udc00\ud800"}`: `{"a":"\ud800 \udc00\ud800"}`, `{"a":{"\ud800":1}}`: `{"a":{"\ud800":1}}`,
		`{"a":NaN,"b":-Infinity,"c":[Infinity, NaN]}`:   `{"a":NaN,"b":-Infinity,"c":[Infinity, NaN]}`,
		`{"a":"NaN","b":NaN,"c\"NaN":"\\\"Infinity\""}`: `{"a":"NaN","b":NaN,"c\"NaN":"\\\"Infinity\""}`,
		`{"a":0E0,"b":1E000777}`:                        `{"a":0E0,"b":1E000777}`,
		// What is not ASCII is escaped, in names too.
		"{\"\u00e4\U0001f36a\":\"\u20ac\U0010ffff\x7f\"}": `{"\u00e4\ud83c\udf6a":"\u20ac\udbff\udfff\u007f"}`,
		"{\"\ufffd\":1}":                            `{"\ufffd":1}`,
		`{"\ufffd":1,"\uffff":NaN}`:                 `{"\ufffd":1,"\uffff":NaN}`,
		`{"\ud83c\udf6a":1,"\n\"\\\u007f\u0000":2}`: `{"\u000a\"\\\u007f\u0000":2,"\ud83c\udf6a":1}`,
	} {
		got := Join(split(t, text))
		if got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
		if again := Join(split(t, got)); again != got {
			t.Errorf("%q became %q and then %q", text, got, again)
		}
	}
}

func TestSplitNames(t *testing.T) {
	entries := split(t, `{"\u00e4\ud83c\udf6a":1,"a\"\\\n\u0000":2,"\ufffd":NaN}`)
	want := []string{"a\"\\\n\x00", "\u00e4\U0001f36a", "\ufffd"}
	if got := slices.Sorted(maps.Keys(entries)); !slices.Equal(got, want) {
		t.Errorf("the names are %q, not %q", got, want)
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, text := range []string{"", " ", "x", "{", "}", `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{a:1}`, `{'a':1}`, `{"a":1}x`, `{"a":1}{}`, `{"a":1 "b":2}`, `{"a":01}`,
		"[]", `["a"]`, "1", "null", "true", `"a"`, "NaN", "Infinity", "\ufeff{}", "\u00a0{}", "\x00{}", "{}\x00", "{\"a\":\"\x01\"}",
		`{"a":-NaN}`, `{"a":1NaN}`, `{"a":NaN1}`, `{"a":NaNNaN}`, `{"a":nan}`, `{"a":+Infinity}`, `{"a":--Infinity}`, `{NaN:1}`, `{"a":NaN`, `{"a":NaN}}`,
		`{"\ud800":1}`, `{"a":1,"\udc00":2}`, `{"\udc00\ud800":1}`, `{"a":NaN,"x\ud800":2}`, `{"\ud800\u0061":1}`,
	} {
		if entries, err := Split(text); err == nil {
			t.Errorf("%q is %v", text, entries)
		} else if strings.Contains(err.Error(), `"a"`) {
			t.Errorf("%q: the error quotes it: %v", text, err)
		}
	}
}

func TestSplitDepth(t *testing.T) {
	for levels, ok := range map[int]bool{1: true, 9_999: true, 10_000: false, 100_000: false} {
		text := `{"a":` + strings.Repeat("[", levels) + strings.Repeat("]", levels) + "}"
		entries, err := Split(text)
		if (err == nil) != ok {
			t.Errorf("%d levels: %v", levels, err)
		}
		if ok && Join(entries) != text {
			t.Errorf("%d levels are not written as they were", levels)
		}
		if _, err := Split(strings.Replace(text, "[]", "[NaN]", 1)); (err == nil) != ok {
			t.Errorf("%d levels around a NaN: %v", levels, err)
		}
	}
}

func TestJoinList(t *testing.T) {
	for want, items := range map[string][]string{"[]": nil, "[1]": {"1"}, `[1,"a",{}]`: {"1", `"a"`, "{}"}} {
		var raw []json.RawMessage
		for _, item := range items {
			raw = append(raw, json.RawMessage(item))
		}
		if got := string(JoinList(raw)); got != want {
			t.Errorf("%v is %s", items, got)
		}
	}
}

// What Split reads, Join writes so that it is read the same: in one spelling, in ASCII, and with
// the same values.
func FuzzSplit(f *testing.F) {
	for _, text := range []string{"{}", `{"a":1,"b":[1.0,{"c":null}]}`, `{"a":NaN,"b":-Infinity}`, `{"a":"\ud800"}`, `{"\ud800":1}`, `{"a":1,"a":2}`, "{\"\u00e4\":\"\u00f6\x7f\"}",
		"{\"\xff\":\"\xfe\"}", `{"a":1NaN}`, `{"":-0}`, " {} ", "[]", "{\"a\":\"\\", `{"a":"NaN"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := Split(text)
		if err != nil {
			return
		}
		joined := Join(entries)
		if strings.IndexFunc(joined, func(r rune) bool { return r >= 0x7f }) >= 0 {
			t.Errorf("%q became %q", text, joined)
		}
		again, err := Split(joined)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, joined, err)
		}
		if twice := Join(again); twice != joined {
			t.Errorf("%q became %q and then %q", text, joined, twice)
		}
		if before, after := spell(t, entries), spell(t, again); before != after {
			t.Errorf("%q became %q: %s became %s", text, joined, before, after)
		}
	})
}

// spell prints names and values with their types.
func spell(t *testing.T, entries map[string]json.RawMessage) string {
	t.Helper()
	values := map[string]string{}
	for name, raw := range entries {
		v, err := Value(raw)
		if err != nil {
			t.Fatalf("the value of %q is %q: %v", name, raw, err)
		}
		values[name] = fmt.Sprintf("%#v", v)
	}
	return fmt.Sprintf("%q", values)
}
