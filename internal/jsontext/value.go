package jsontext

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Value decodes one JSON text. Numbers are int64 where they are integers that fit, json.Number
// where they are integers that do not, and float64 otherwise (json.Number again where even that
// overflows).
func Value(raw json.RawMessage) (any, error) {
	if v, end := valueAt(raw, spaceEnd(raw, 0), 0); end >= 0 && spaceEnd(raw, end) == len(raw) {
		return v, nil
	}
	return valueRare(raw)
}

// valueAt is the value at i, which stands within level brackets, and where it ends: -1 if that is
// left to valueRare.
func valueAt(s []byte, i, level int) (v any, end int) {
	switch byteAt(s, i) {
	case '"':
		if end = stringEnd(s, i); end < 0 {
			return nil, -1
		}
		return unquote(s[i:end]), end
	case '[':
		return arrayAt(s, i, level)
	case '{':
		return objectAt(s, i, level)
	case 't':
		return true, wordEnd(s, i, "true")
	case 'f':
		return false, wordEnd(s, i, "false")
	case 'n':
		return nil, wordEnd(s, i, "null")
	}
	if end = numberEnd(s, i); end < 0 {
		return nil, -1
	}
	return number(string(s[i:end])), end
}

func arrayAt(s []byte, i, level int) (any, int) {
	items := []any{}
	end := listEnd(s, i, level, func(at int) int {
		item, end := valueAt(s, at, level+1)
		items = append(items, item)
		return end
	})
	return items, end
}

func objectAt(s []byte, i, level int) (any, int) {
	members := map[string]any{}
	end := listEnd(s, i, level, func(at int) int {
		nameEnd, from := member(s, at)
		value, end := valueAt(s, from, level+1)
		if end >= 0 {
			members[unquote(s[at:nameEnd])] = value
		}
		return end
	})
	return members, end
}

// number is the value of a JSON number.
func number(text string) any {
	if strings.ContainsAny(text, ".eE") {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	} else if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	return json.Number(strings.Clone(text)) // so that text need not outlive this call
}
