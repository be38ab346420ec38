package jsontext

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// A uint64 of eight bytes, each of them 1, and of eight bytes of which only the highest bit is set.
// ordinaryLen and asciiLen look at eight bytes at a time: the sums and differences set no highest
// bit, nor carry into the next byte, as long as none of the eight is what is looked for.
const ones, highest = 0x0101010101010101, 0x8080808080808080

// ordinaryLen is how many bytes s begins with that stand for themselves in a JSON string and are
// printable ASCII.
func ordinaryLen(s []byte) int {
	n := 0
	for ; n+8 <= len(s); n += 8 {
		eight := binary.NativeEndian.Uint64(s[n:])
		control, high := eight-ones*' ', eight|(eight+ones)
		quote, backslash := (eight^ones*'"')-ones, (eight^ones*'\\')-ones
		if (control|high|quote|backslash)&highest != 0 {
			break
		}
	}
	for n < len(s) && s[n] >= ' ' && s[n] < 0x7f && s[n] != '"' && s[n] != '\\' {
		n++
	}
	return n
}

// asciiLen is how many bytes s begins with that are ASCII and not DEL.
func asciiLen(s []byte) int {
	n := 0
	for ; n+8 <= len(s); n += 8 {
		eight := binary.NativeEndian.Uint64(s[n:])
		if (eight|(eight+ones))&highest != 0 {
			break
		}
	}
	for n < len(s) && s[n] < 0x7f {
		n++
	}
	return n
}

// appendASCII appends a JSON text with everything outside of printable ASCII escaped. Such
// characters occur only within strings.
func appendASCII(dst, raw []byte) []byte {
	for {
		n := asciiLen(raw)
		dst = append(dst, raw[:n]...)
		if raw = raw[n:]; len(raw) == 0 {
			return dst
		}
		r, size := utf8.DecodeRune(raw)
		dst, raw = appendEscaped(dst, r), raw[size:]
	}
}

// writeASCII writes what appendASCII appends. What a session holds is ASCII already, mostly.
func writeASCII(b *strings.Builder, raw []byte) {
	if asciiLen(raw) < len(raw) {
		raw = appendASCII(nil, raw)
	}
	b.Write(raw)
}

// writeName writes a name of an object as a JSON string.
func writeName(b *strings.Builder, name string) {
	if ordinaryLen([]byte(name)) < len(name) {
		b.Write(appendName(nil, name))
		return
	}
	b.WriteByte('"')
	b.WriteString(name)
	b.WriteByte('"')
}

// appendName appends what writeName writes, of any name.
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
