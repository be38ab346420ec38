package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	errNoObject = errors.New("not a JSON object")
	// Python can have such a name, Go cannot: two of them would become one.
	errSurrogate = errors.New("a name holds a lone surrogate")
)

// splitRare is Split by encoding/json, of any text.
func splitRare(text string) (map[string]json.RawMessage, error) {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		if !json.Valid([]byte(text)) {
			return nil, errors.New("not JSON")
		}
		return nil, errNoObject
	}
	if hasConstants([]byte(text)) {
		return splitSlowly(text)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return nil, plain(err)
	}
	for name := range entries {
		if strings.ContainsRune(name, utf8.RuneError) {
			return splitSlowly(text)
		}
	}
	return entries, nil
}

// splitSlowly splits a text with NaN or Infinity in it, or with a name that may not be what
// encoding/json makes of it. The masked text has the same length, so positions in it are positions
// in text.
func splitSlowly(text string) (map[string]json.RawMessage, error) {
	masked := maskConstants([]byte(text))
	if !json.Valid(masked) {
		return nil, errors.New("not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(masked))
	if _, err := dec.Token(); err != nil {
		return nil, plain(err)
	}
	from, entries := 0, make(map[string]json.RawMessage)
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, plain(err)
		}
		if end := int(dec.InputOffset()); hasLoneSurrogate(text[from:end]) {
			return nil, errSurrogate
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, plain(err)
		}
		end := int(dec.InputOffset())
		entries[name.(string)] = json.RawMessage(text[end-len(raw) : end])
		from = end
	}
	return entries, nil
}

// hasLoneSurrogate tells whether a JSON string escapes half of a surrogate pair.
func hasLoneSurrogate(quoted string) bool {
	high := false
	for i := 0; i < len(quoted); i++ {
		var unit rune
		if quoted[i] == '\\' && i+1 < len(quoted) {
			if i++; quoted[i] == 'u' && i+4 < len(quoted) {
				n, _ := strconv.ParseUint(quoted[i+1:i+5], 16, 16) // valid: it was parsed before
				unit, i = rune(n), i+4
			}
		}
		low := utf16.IsSurrogate(unit) && unit >= 0xdc00
		if high != low {
			return true
		}
		high = utf16.IsSurrogate(unit) && !low
	}
	return high
}

// valueRare is Value by encoding/json, of any text.
func valueRare(raw json.RawMessage) (any, error) {
	text := maskConstants(raw)
	masked := !bytes.Equal(text, raw)
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, plain(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("not JSON: more than one value")
	}
	return numbers(v, masked), nil
}

// numbers makes the numbers within v what Value gives.
func numbers(v any, masked bool) any {
	switch v := v.(type) {
	case json.Number:
		if f, ok := constant(v); ok && masked {
			return f
		}
		return number(string(v))
	case []any:
		for i := range v {
			v[i] = numbers(v[i], masked)
		}
	case map[string]any:
		for name := range v {
			v[name] = numbers(v[name], masked)
		}
	}
	return v
}

// plain keeps what encoding/json says about a syntax error, which quotes one character at most, and
// drops anything that could quote more.
func plain(err error) error {
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON: %v at byte %d", s, s.Offset)
	}
	return errors.New("not JSON")
}
