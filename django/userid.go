package django

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/seed7368b609/gormsession"
)

// UserID returns the ID of the user whose session it is, by whichever side the
// login was, and whether there is one. It does not know if that user's password
// has changed since, or if there is such a user still: [RequireLogin] and
// [GetUser] do.
func UserID(s *gormsession.State) (string, bool) {
	switch id := s.Get(userEntry).(type) {
	case string: // what Django writes; the rest it reads as well, as an integer key
		return id, id != ""
	case int64:
		return strconv.FormatInt(id, 10), true
	case json.Number: // an integer that is larger
		return id.String(), true
	case float64: // Python's int() cuts off
		if math.IsNaN(id) || math.IsInf(id, 0) {
			return "", false
		}
		return strconv.FormatFloat(math.Trunc(id)+0, 'f', 0, 64), true // -0 is 0
	case bool:
		if id {
			return "1", true
		}
		return "0", true
	}
	return "", false
}

// sameID tells whether two IDs are one primary key: the same text, the same UUID,
// with hyphens or without, or the same integer. Django compares them once its user
// model has made keys of them.
func sameID(a, b string) bool {
	if a == b {
		return true
	}
	if x, ok := uuidOf(a); ok {
		y, ok := uuidOf(b)
		return ok && x == y
	}
	x, ok := integerOf(a)
	y, also := integerOf(b)
	return ok && also && x.Cmp(y) == 0
}

// uuidOf reads a UUID as Python's uuid.UUID does, in 32 hexadecimal digits.
func uuidOf(id string) (digits string, ok bool) {
	id = strings.ReplaceAll(strings.ReplaceAll(id, "urn:", ""), "uuid:", "")
	id = strings.ToLower(strings.ReplaceAll(strings.Trim(id, "{}"), "-", ""))
	return id, len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}

// integerOf reads an integer as Python's int does, within what a key can be.
func integerOf(id string) (*big.Int, bool) {
	if id = strings.TrimSpace(id); len(id) > 40 {
		return nil, false
	}
	return new(big.Int).SetString(id, 10)
}
