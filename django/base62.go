package django

import "strings"

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// encodeBase62 spells a time stamp as Django does.
func encodeBase62(n int64) string {
	var digits [12]byte // a sign and the 11 digits of 1<<63
	i := len(digits)
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	for {
		i--
		digits[i] = base62[u%62]
		if u /= 62; u == 0 {
			break
		}
	}
	if n < 0 {
		i--
		digits[i] = '-'
	}
	return string(digits[i:])
}

// isBase62 reports whether Django would read text as a number. It knows no
// largest one, and nothing compares the time of a session's signature, so the
// number itself is not needed.
func isBase62(text string) bool {
	return text != "" && strings.Trim(strings.TrimPrefix(text, "-"), base62) == ""
}
