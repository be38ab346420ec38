package jsontext

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// appendASCII appends a JSON text with everything outside of printable ASCII escaped. Such
// characters occur only within strings.
func appendASCII(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		if c := raw[i]; c < 0x7f {
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(raw[i:])
		dst = appendEscaped(dst, r)
		i += size
	}
	return dst
}

// appendName appends a name of an object as a JSON string.
func appendName(dst []byte, name string) []byte {
	dst = append(dst, '"')
	for _, r := range name {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r >= 0x7f:
			dst = appendEscaped(dst, r)
		default:
			dst = append(dst, byte(r))
		}
	}
	return append(dst, '"')
}

func appendEscaped(dst []byte, r rune) []byte {
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return appendEscaped(appendEscaped(dst, high), low)
	}
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// The constants of Python's json module stand masked, at equal length, while encoding/json reads a
// text. Nobody spells a number so.
const (
	maskNaN      = "0E0"
	maskInfinity = "1E000777"
)

func hasConstants(raw []byte) bool {
	return bytes.Contains(raw, []byte("NaN")) || bytes.Contains(raw, []byte("Infinity"))
}

// maskConstants returns a copy of raw with NaN and Infinity outside of strings replaced.
func maskConstants(raw []byte) []byte {
	out := bytes.Clone(raw)
	scanCode(raw, func(i int) {
		switch {
		case isToken(raw, i, "NaN"):
			copy(out[i:], maskNaN)
		case isToken(raw, i, "Infinity"),
			i > 0 && raw[i-1] == '-' && isToken(raw, i-1, "-Infinity"):
			copy(out[i:], maskInfinity)
		}
	})
	return out
}

// isToken tells whether raw has this token at i: nothing that could belong to it is around.
func isToken(raw []byte, i int, token string) bool {
	end := i + len(token)
	return bytes.HasPrefix(raw[i:], []byte(token)) && (i == 0 || !inToken(raw[i-1])) &&
		(end == len(raw) || !inToken(raw[end]))
}

func inToken(c byte) bool {
	return c == '-' || c == '+' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' ||
		c >= 'a' && c <= 'z'
}

// scanCode calls f for each byte of a JSON text that is outside of strings.
func scanCode(raw []byte, f func(i int)) {
	quoted := false
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == '"':
			quoted = !quoted
		case quoted && raw[i] == '\\':
			i++
		case !quoted:
			f(i)
		}
	}
}
