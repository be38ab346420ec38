// Package jsontext reads and writes the JSON that sessions are made of: an object whose values are
// kept as JSON text until somebody asks for them. It accepts NaN, Infinity and -Infinity, as
// Python's json module writes them, and writes pure ASCII, as Django does.
//
// What sessions mostly hold is read here in one pass. All else is left to encoding/json, which has
// the last word on what is JSON: the two ways never differ.
package jsontext

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// Split takes a JSON object apart. The values keep their spelling, so what was not understood here
// (an integer of 40 digits, a lone surrogate) is written back as it was read. Of a name that occurs
// twice the last value counts, as in Python and in encoding/json. Nesting deeper than 10,000 levels
// is an error.
func Split(text string) (map[string]json.RawMessage, error) {
	if entries, ok := splitPlain(text); ok {
		return entries, nil
	}
	return splitRare(text)
}

// splitPlain gives up where splitRare decides.
func splitPlain(text string) (_ map[string]json.RawMessage, ok bool) {
	s := []byte(text) // the one copy of which all entries are slices; names are slices of text itself
	object := spaceEnd(s, 0)
	if byteAt(s, object) != '{' {
		return nil, false
	}
	entries := make(map[string]json.RawMessage)
	end := listEnd(s, object, 0, func(at int) int {
		nameEnd, value := member(s, at)
		end := valueEnd(s, value, 1)
		if end < 0 {
			return -1
		}
		name := text[at+1 : nameEnd-1]
		if ordinaryLen([]byte(name)) < len(name) {
			name = unquote(s[at:nameEnd])
			if strings.ContainsRune(name, utf8.RuneError) { // or a lone surrogate?
				return -1
			}
		}
		entries[name] = s[value:end:end] // no append to it reaches its neighbour
		return end
	})
	return entries, end >= 0 && spaceEnd(s, end) == len(s)
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
