// Package jsontext reads and writes the JSON that sessions are made of: an object whose values are
// kept as JSON text until somebody asks for them. It accepts NaN, Infinity and -Infinity, as
// Python's json module writes them, and writes pure ASCII, as Django does.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

// Split takes a JSON object apart. The values keep their spelling, so what was not understood here
// (an integer of 40 digits, a lone surrogate) is written back as it was read. Of a name that occurs
// twice the last value counts, as in Python and in encoding/json. Nesting deeper than 10,000 levels
// is an error.
func Split(text string) (map[string]json.RawMessage, error) {
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

// plain keeps what encoding/json says about a syntax error, which quotes one character at most, and
// drops anything that could quote more.
func plain(err error) error {
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON: %v at byte %d", s, s.Offset)
	}
	return errors.New("not JSON")
}

// Join puts an object together: names sorted, no spaces, pure ASCII, so equal entries give equal
// text.
func Join(entries map[string]json.RawMessage) string {
	names := make([]string, 0, len(entries))
	size := 2
	for name, raw := range entries {
		names = append(names, name)
		size += len(name) + len(raw) + 4
	}
	slices.Sort(names)
	b := make([]byte, 0, size)
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendName(b, name)
		b = append(b, ':')
		b = appendASCII(b, entries[name])
	}
	return string(append(b, '}'))
}

// JoinList puts an array together.
func JoinList(items []json.RawMessage) json.RawMessage {
	return append(append(json.RawMessage{'['}, bytes.Join(asBytes(items), []byte{','})...), ']')
}

func asBytes(items []json.RawMessage) [][]byte {
	out := make([][]byte, len(items))
	for i, item := range items {
		out[i] = item
	}
	return out
}
