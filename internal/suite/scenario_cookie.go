package suite

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A scenarioCookie is a Set-Cookie line, whatever the order and the case of its attributes, and
// however an empty value is written.
type scenarioCookie struct {
	name, value string
	attributes  map[string]string
}

func parseScenarioCookie(line string) scenarioCookie {
	parts := strings.Split(line, "; ")
	c := scenarioCookie{attributes: map[string]string{}}
	c.name, c.value, _ = strings.Cut(parts[0], "=")
	c.value = strings.Trim(c.value, `"`)
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		c.attributes[strings.ToLower(name)] = value
	}
	return c
}

func (c scenarioCookie) String() string {
	line := fmt.Sprintf("%s=%s", c.name, c.value)
	for _, name := range slices.Sorted(maps.Keys(c.attributes)) {
		line += fmt.Sprintf("; %s=%s", name, c.attributes[name])
	}
	return line
}

// relate writes an expiry as Django's are noted: <NOW+MAXAGE> where it is that, within two seconds.
func (c scenarioCookie) relate() {
	expires, err := http.ParseTime(c.attributes["expires"])
	if err != nil {
		return
	}
	age, err := strconv.Atoi(c.attributes["max-age"])
	if err != nil || age == 0 {
		return
	}
	if off := expires.Sub(measured.Add(time.Duration(age) * time.Second)); off.Abs() <= 2*time.Second {
		c.attributes["expires"] = "<NOW+MAXAGE>"
	}
}
