package jsontext

// The functions of this file walk over JSON text as RFC 8259 spells it, byte by byte. Each is given
// where something begins and returns where it ends, or -1 if it is not there; from -1 on there is
// nothing, so that one check at the end is enough. They take a part of what encoding/json takes,
// and nothing that it does not: where they give up, it is asked.

// valueEnd is where the value at i ends, which stands within level brackets.
func valueEnd(s []byte, i, level int) int {
	switch byteAt(s, i) {
	case '"':
		return stringEnd(s, i)
	case '[':
		return listEnd(s, i, level, func(at int) int { return valueEnd(s, at, level+1) })
	case '{':
		return listEnd(s, i, level, func(at int) int {
			_, value := member(s, at)
			return valueEnd(s, value, level+1)
		})
	case 't':
		return wordEnd(s, i, "true")
	case 'f':
		return wordEnd(s, i, "false")
	case 'n':
		return wordEnd(s, i, "null")
	}
	return numberEnd(s, i)
}

// listEnd is where the array or object at i ends. item is called for each of its items, or members:
// it gets where one begins and returns where it ends.
func listEnd(s []byte, i, level int, item func(at int) int) int {
	if level >= MaxDepth { // deeper is rare, and encoding/json knows when it is too deep
		return -1
	}
	bracket := byte(']')
	if s[i] == '{' {
		bracket = '}'
	}
	if i = spaceEnd(s, i+1); byteAt(s, i) == bracket {
		return i + 1
	}
	for {
		i = spaceEnd(s, item(i))
		switch byteAt(s, i) {
		case ',':
			i = spaceEnd(s, i+1)
		case bracket:
			return i + 1
		default:
			return -1
		}
	}
}

// member is where the name of the member at i ends, and where its value begins.
func member(s []byte, i int) (nameEnd, value int) {
	nameEnd = stringEnd(s, i)
	colon := spaceEnd(s, nameEnd)
	if byteAt(s, colon) != ':' {
		return -1, -1
	}
	return nameEnd, spaceEnd(s, colon+1)
}

// stringEnd is where the string at i ends.
func stringEnd(s []byte, i int) int {
	if byteAt(s, i) != '"' {
		return -1
	}
	for i++; ; {
		i += ordinaryLen(s[i:])
		switch c := byteAt(s, i); {
		case c == '"':
			return i + 1
		case c == '\\':
			if i = escapeEnd(s, i); i < 0 {
				return -1
			}
		case c < ' ': // or the end of s
			return -1
		default: // not ASCII
			i++
		}
	}
}

// escapeEnd is where the escape sequence at i ends.
func escapeEnd(s []byte, i int) int {
	switch byteAt(s, i+1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for at := i + 2; at < i+6; at++ {
			if !isHex(byteAt(s, at)) {
				return -1
			}
		}
		return i + 6
	}
	return -1
}

func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// numberEnd is where the number at i ends.
func numberEnd(s []byte, i int) int {
	if byteAt(s, i) == '-' {
		i++
	}
	if byteAt(s, i) == '0' { // no digit follows
		i++
	} else {
		i = digitsEnd(s, i)
	}
	if byteAt(s, i) == '.' {
		i = digitsEnd(s, i+1)
	}
	if c := byteAt(s, i); c == 'e' || c == 'E' {
		i++
		if c := byteAt(s, i); c == '+' || c == '-' {
			i++
		}
		i = digitsEnd(s, i)
	}
	return i
}

// digitsEnd is where the digits at i end, of which there is one at least.
func digitsEnd(s []byte, i int) int {
	if !isDigit(byteAt(s, i)) {
		return -1
	}
	for isDigit(byteAt(s, i)) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func wordEnd(s []byte, i int, word string) int {
	if end := i + len(word); end <= len(s) && string(s[i:end]) == word {
		return end
	}
	return -1
}

// spaceEnd is where the white space at i ends, of which there may be none.
func spaceEnd(s []byte, i int) int {
	for {
		switch byteAt(s, i) {
		case ' ', '\t', '\r', '\n':
			i++
		default:
			return i
		}
	}
}

// byteAt is the byte at i, or 0, which is nowhere in JSON, where there is none.
func byteAt(s []byte, i int) byte {
	if uint(i) < uint(len(s)) {
		return s[i]
	}
	return 0
}
