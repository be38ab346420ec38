// Package jsontext reads and writes the JSON that sessions are made of: an object whose values are
// kept as JSON text until somebody asks for them. It accepts NaN, Infinity and -Infinity, as
// Python's json module writes them, and writes pure ASCII, as Django does.
//
// What sessions mostly hold is read and written here in one pass. All else is left to
// encoding/json, which has the last word on what is JSON: the two ways never differ.
package jsontext

import (
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
	size := len("{}")
	for name, raw := range entries {
		size += len(`"":,`) + len(name) + len(raw)
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteByte('{')
	var few [16]string
	for i, name := range sortedNames(few[:0], entries) {
		if i > 0 {
			b.WriteByte(',')
		}
		writeName(&b, name)
		b.WriteByte(':')
		writeASCII(&b, entries[name])
	}
	b.WriteByte('}')
	return b.String()
}

// sortedNames appends the names of m to names, sorted. slices.Sorted would allocate.
func sortedNames[V any](names []string, m map[string]V) []string {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// JoinList puts an array together.
func JoinList(items []json.RawMessage) json.RawMessage {
	size := len("[]")
	for _, item := range items {
		size += len(item) + len(",")
	}
	list := append(make(json.RawMessage, 0, size), '[')
	for i, item := range items {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, item...)
	}
	return append(list, ']')
}
