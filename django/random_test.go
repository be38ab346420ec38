package django

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// randomJSON is any JSON, spelled as Python does but for white space, so that texts can be
// compared.
func randomJSON(random *rand.Rand, depth int) string {
	kinds := 8
	if depth == 0 {
		kinds = 6
	}
	switch random.IntN(kinds) {
	case 0:
		return []string{"null", "true", "false", "NaN", "Infinity", "-Infinity"}[random.IntN(6)]
	case 1:
		return fmt.Sprint(random.Int64() - random.Int64())
	case 2:
		return fmt.Sprintf("%d%030d", random.Int64()+1, random.Int64())
	case 3:
		return []string{
			"0.0", "-0.0", "1.0", "0.1", "1e+16", "1e+22", "1e-05", "5e-324", "1.7976931348623157e+308",
		}[random.IntN(9)]
	case 4:
		return `"\ud800` + strings.Repeat("x", random.IntN(3)) + `"`
	case 5:
		return quoted(randomText(random))
	case 6:
		items := make([]string, random.IntN(4))
		for i := range items {
			items[i] = randomJSON(random, depth-1)
		}
		return "[" + strings.Join(items, ",") + "]"
	default:
		members := make([]string, random.IntN(4))
		for i := range members {
			// The number keeps the names apart: Python drops all but one of the same.
			members[i] = quoted(fmt.Sprint(i)+randomText(random)) + ":" + randomJSON(random, depth-1)
		}
		return "{" + strings.Join(members, ",") + "}"
	}
}

func quoted(text string) string {
	raw, err := jsontext.Encode(text)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(raw)
}

func randomText(random *rand.Rand) string {
	runes := make([]rune, random.IntN(12))
	for i := range runes {
		switch random.IntN(4) {
		case 0:
			runes[i] = rune(random.IntN(0x80))
		case 1:
			runes[i] = rune(0x80 + random.IntN(0x780))
		case 2:
			runes[i] = rune(0x1f300 + random.IntN(0x200))
		default:
			runes[i] = rune('a' + random.IntN(3))
		}
	}
	return string(runes)
}

// canonical drops the white space outside of strings, which is all that Python's json.dumps adds.
func canonical(t *testing.T, entries map[string]json.RawMessage) map[string]json.RawMessage {
	t.Helper()
	out := map[string]json.RawMessage{}
	for name, raw := range entries {
		var b []byte
		quoted := false
		for i := 0; i < len(raw); i++ {
			c := raw[i]
			if c == ' ' && !quoted {
				continue
			}
			b = append(b, c)
			if quoted && c == '\\' {
				i++
				b = append(b, raw[i])
			} else if c == '"' {
				quoted = !quoted
			}
		}
		out[name] = b
	}
	return out
}
