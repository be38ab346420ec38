package header

import (
	"strconv"
	"strings"
)

// unquote takes the quotes and escapes (\" and \ooo) off a value, as Python's http.cookies does.
func unquote(value string) string {
	n := len(value)
	if n < 2 || value[0] != '"' || value[n-1] != '"' {
		return value
	}
	value = value[1 : n-1]
	if !strings.Contains(value, `\`) {
		return value
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			b.WriteByte(value[i])
			continue
		}
		if i+3 < len(value) {
			if c, err := strconv.ParseUint(value[i+1:i+4], 8, 8); err == nil {
				b.WriteRune(rune(c))
				i += 3
				continue
			}
		}
		i++
		b.WriteByte(value[i])
	}
	return b.String()
}
