package jsontext

import (
	"encoding/json"
	"math"
	"strconv"
)

// MaxDepth is how deep a value may be nested to be encoded. Python's json module gives up at about
// 1,000 levels, and a session that Django cannot read is a lost login.
const MaxDepth = 500

// MaxDigits is how long a number may be to be encoded. Python reads no integers of more than 4,300
// digits since 3.11.
const MaxDigits = 4000

// Encode gives the JSON text of v: pure ASCII, no spaces. A float64 or float32 stays a float (1
// becomes 1.0), at the top and inside of []any and map[string]any, as in Python. Bytes of a string
// that are not UTF-8 become U+FFFD, as in encoding/json.
func Encode(v any) (json.RawMessage, error) {
	if raw, ok := appendValue(nil, v, 0); ok {
		return raw, nil
	}
	return encodeRare(v)
}

// appendValue appends the JSON text of v, which stands within level lists and maps. It gives up
// where encodeRare decides: where v is of another type, or nested too deeply, as a value is that
// holds itself.
func appendValue(dst []byte, v any, level int) (_ []byte, ok bool) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), true
	case bool:
		return strconv.AppendBool(dst, v), true
	case string:
		return appendString(dst, v), true
	case int:
		return strconv.AppendInt(dst, int64(v), 10), true
	case int64:
		return strconv.AppendInt(dst, v, 10), true
	case int32:
		return strconv.AppendInt(dst, int64(v), 10), true
	case uint:
		return strconv.AppendUint(dst, uint64(v), 10), true
	case uint64:
		return strconv.AppendUint(dst, v, 10), true
	case float64:
		return appendFloat(dst, v, 64)
	case float32:
		return appendFloat(dst, float64(v), 32)
	case []any:
		return appendList(dst, v, level)
	case map[string]any:
		return appendMap(dst, v, level)
	}
	return nil, false
}

func appendList(dst []byte, list []any, level int) (_ []byte, ok bool) {
	if list == nil {
		return append(dst, "null"...), true
	}
	if level >= MaxDepth {
		return nil, false
	}
	dst = append(dst, '[')
	for i, item := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, ok = appendValue(dst, item, level+1); !ok {
			return nil, false
		}
	}
	return append(dst, ']'), true
}

func appendMap(dst []byte, m map[string]any, level int) (_ []byte, ok bool) {
	if m == nil {
		return append(dst, "null"...), true
	}
	if level >= MaxDepth {
		return nil, false
	}
	dst = append(dst, '{')
	var few [16]string
	for i, name := range sortedNames(few[:0], m) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		if dst, ok = appendValue(dst, m[name], level+1); !ok {
			return nil, false
		}
	}
	return append(dst, '}'), true
}

// appendFloat spells a float as encoding/json does, but a whole one so that it stays a float.
func appendFloat(dst []byte, f float64, bits int) (_ []byte, ok bool) {
	switch size := math.Abs(f); {
	case math.IsInf(f, 0) || math.IsNaN(f):
		return nil, false
	case f == math.Trunc(f) && size < 1e15:
		return strconv.AppendFloat(dst, f, 'f', 1, 64), true
	case f == math.Trunc(f):
		return strconv.AppendFloat(dst, f, 'e', -1, 64), true
	case bits == 64 && size < 1e-6 || bits == 32 && float32(size) < 1e-6:
		dst = strconv.AppendFloat(dst, f, 'e', -1, bits)
		if end := len(dst); string(dst[end-4:end-1]) == "e-0" { // e-09 is e-9
			dst[end-2] = dst[end-1]
			dst = dst[:end-1]
		}
		return dst, true
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits), true
}
