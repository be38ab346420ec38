package jsontext

import (
	"bytes"
	"encoding/json"
	"math"
)

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

// constant is what a masked constant stands for, and whether n is one.
func constant(n json.Number) (f float64, ok bool) {
	switch n {
	case maskNaN:
		return math.NaN(), true
	case maskInfinity:
		return math.Inf(1), true
	case "-" + maskInfinity:
		return math.Inf(-1), true
	}
	return 0, false
}

// isToken tells whether raw has this token at i: nothing that could belong to it is around.
func isToken(raw []byte, i int, token string) bool {
	end := i + len(token)
	return bytes.HasPrefix(raw[i:], []byte(token)) && (i == 0 || !inToken(raw[i-1])) &&
		(end == len(raw) || !inToken(raw[end]))
}

func inToken(c byte) bool {
	return c == '-' || c == '+' || c == '.' || isDigit(c) || c >= 'A' && c <= 'Z' ||
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
