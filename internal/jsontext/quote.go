package jsontext

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Each of these letters stands for the character above it, in an escape sequence. A slash is read
// so, but never written.
const (
	escapedChars   = "\"\\/\b\f\n\r\t"
	escapedLetters = "\"\\/bfnrt"
)

// appendString appends s as a JSON string, as encoding/json spells it, but for what is outside of
// printable ASCII, which is escaped.
func appendString(dst []byte, s string) []byte {
	dst = append(slices.Grow(dst, len(s)+2), '"')
	for {
		n := ordinaryLen([]byte(s))
		dst = append(dst, s[:n]...)
		if s = s[n:]; s == "" {
			return append(dst, '"')
		}
		r, size := utf8.DecodeRuneInString(s) // U+FFFD of a byte that is not UTF-8
		s = s[size:]
		if i := strings.IndexRune(escapedChars, r); i >= 0 {
			dst = append(dst, '\\', escapedLetters[i])
		} else {
			dst = appendEscaped(dst, r)
		}
	}
}

// unquote is what a JSON string says, which stringEnd has found. Lone surrogates, and bytes that
// are not UTF-8, are U+FFFD, as in encoding/json.
func unquote(quoted []byte) string {
	s := quoted[1 : len(quoted)-1]
	n := ordinaryLen(s)
	if n == len(s) {
		return string(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		b.Write(s[:n])
		if s = s[n:]; len(s) == 0 {
			return b.String()
		}
		r, size := firstRune(s)
		b.WriteRune(r)
		s = s[size:]
		n = ordinaryLen(s)
	}
}

// firstRune is the first character of what stands in a JSON string, and how long it is there.
func firstRune(s []byte) (r rune, size int) {
	if s[0] != '\\' {
		return utf8.DecodeRune(s)
	}
	if s[1] != 'u' {
		return rune(escapedChars[strings.IndexByte(escapedLetters, s[1])]), 2
	}
	r = escapedUnit(s)
	if utf16.IsSurrogate(r) {
		if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
			if r := utf16.DecodeRune(r, escapedUnit(s[6:])); r != utf8.RuneError {
				return r, 12
			}
		}
		return utf8.RuneError, 6
	}
	return r, 6
}

// escapedUnit is the UTF-16 unit that the six bytes of an escape sequence stand for.
func escapedUnit(s []byte) rune {
	n, _ := strconv.ParseUint(string(s[2:6]), 16, 16) // escapeEnd has seen that it is one
	return rune(n)
}
