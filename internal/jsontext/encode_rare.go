package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// It goes to the log, and the text may be a visitor's.
var errNoNumber = errors.New("a json.Number that holds no number")

// encodeRare is Encode by encoding/json, of any value.
func encodeRare(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if kept, ok := keepFloats(v, 0); ok {
		v = kept
	} // else the encoder names the cycle, or what it writes is too deep
	if err := enc.Encode(v); err != nil {
		if strings.Contains(err.Error(), "invalid number literal") { // which it quotes
			err = errNoNumber
		}
		return nil, err
	}
	raw := bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
	if len(raw) > MaxDepth { // a shorter text breaks neither limit
		if depth(raw) > MaxDepth {
			return nil, fmt.Errorf("nested deeper than %d levels", MaxDepth)
		}
		if longestNumber(raw) > MaxDigits {
			return nil, fmt.Errorf("a number of more than %d digits", MaxDigits)
		}
	}
	if asciiLen(raw) == len(raw) {
		return raw, nil
	}
	return appendASCII(make([]byte, 0, len(raw)), raw), nil
}

// keepFloats gives whole floats the spelling that keeps them floats. It gives up where a value is
// nested too deeply, as one is that holds itself: at once, or a value that holds itself twice would
// take for ever.
func keepFloats(v any, level int) (kept any, ok bool) {
	if level > MaxDepth {
		return nil, false
	}
	switch v := v.(type) {
	case float64:
		return floatText(v, v), true
	case float32:
		return floatText(float64(v), v), true
	case []any:
		if v == nil {
			return v, true
		}
		out := make([]any, len(v))
		for i := range v {
			if out[i], ok = keepFloats(v[i], level+1); !ok {
				return nil, false
			}
		}
		return out, true
	case map[string]any:
		if v == nil {
			return v, true
		}
		out := make(map[string]any, len(v))
		for name := range v {
			if out[name], ok = keepFloats(v[name], level+1); !ok {
				return nil, false
			}
		}
		return out, true
	}
	return v, true
}

func floatText(f float64, v any) any {
	if f != math.Trunc(f) || math.Abs(f) >= 1e15 ||
		math.IsInf(f, 0) { // encoding/json writes an exponent, or refuses
		return largeFloat(f, v)
	}
	return json.RawMessage(strconv.FormatFloat(f, 'f', 1, 64))
}

// largeFloat spells a whole float beyond 1e15 with an exponent; encoding/json does so from 1e21 on
// only.
func largeFloat(f float64, v any) any {
	if f != math.Trunc(f) || math.IsInf(f, 0) {
		return v
	}
	return json.RawMessage(strconv.FormatFloat(f, 'e', -1, 64))
}

// depth counts the levels of nesting of a valid JSON text.
func depth(raw []byte) int {
	level, deepest := 0, 0
	scanCode(raw, func(i int) {
		switch raw[i] {
		case '{', '[':
			level++
			deepest = max(deepest, level)
		case '}', ']':
			level--
		}
	})
	return deepest
}

// longestNumber is the length of the longest run of digits of a valid JSON text.
func longestNumber(raw []byte) int {
	longest, start, last := 0, 0, -2
	scanCode(raw, func(i int) {
		if raw[i] < '0' || raw[i] > '9' {
			return
		}
		if i != last+1 {
			start = i
		}
		last = i
		longest = max(longest, i-start+1)
	})
	return longest
}
