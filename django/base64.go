package django

import (
	"encoding/base64"
	"errors"
	"strings"
)

var errPadding = errors.New("illegal base64: it ends within a group")

// sextets is what each byte means in base64, in the alphabet for addresses and in the
// standard one: 64 for a byte that means nothing.
var sextets = func() (table [256]byte) {
	for i := range table {
		table[i] = 64
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		table[c] = byte(i)
	}
	table['+'], table['/'] = table['-'], table['_']
	return table
}()

// decodeBase64 decodes the payload of a session as Django does: by Python's
// urlsafe_b64decode, after the text was filled up with "=" to a multiple of four. That
// one skips what it does not know, takes both alphabets, and ends at the first padding
// that completes a group of four.
func decodeBase64(text string) ([]byte, error) {
	if !strings.ContainsAny(text, "\r\n") { // which Go skips without counting them
		if data, err := base64.RawURLEncoding.DecodeString(text); err == nil {
			return data, nil
		}
	}
	data := make([]byte, 0, base64.RawURLEncoding.DecodedLen(len(text)))
	fill := -len(text) & 3
	var group uint32
	have, pads := 0, 0
	for i := range len(text) + fill {
		c := byte('=')
		if i < len(text) {
			c = text[i]
		}
		sextet := sextets[c]
		switch {
		case c == '=' && have >= 2:
			if pads++; have+pads >= 4 {
				return data, nil
			}
			continue
		case sextet == 64:
			continue
		}
		pads = 0
		group = group<<6 | uint32(sextet)
		if have++; have > 1 {
			data = append(data, byte(group>>(8-2*have)))
		}
		have &= 3
	}
	if have != 0 {
		return nil, errPadding
	}
	return data, nil
}
