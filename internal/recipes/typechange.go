package recipes

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/seed7368b609/gormsession/ginsession"
)

// A Cart was a []string, in which an article stood twice that was bought twice.
type Cart map[string]int

const cart = ginsession.Field[Cart]("cart")

// UnmarshalJSON reads both forms, for as long as sessions live that have the old one.
func (c *Cart) UnmarshalJSON(text []byte) error {
	var list []string
	if json.Unmarshal(text, &list) != nil {
		return json.Unmarshal(text, (*map[string]int)(c))
	}
	*c = Cart{}
	for _, article := range list {
		(*c)[article]++
	}
	return nil
}

// MarshalJSON writes the old form, for as long as servers run that know no other. The deployment
// after this one leaves it out.
func (c Cart) MarshalJSON() ([]byte, error) {
	list := []string{}
	for _, article := range slices.Sorted(maps.Keys(c)) {
		list = append(list, slices.Repeat([]string{article}, max(0, c[article]))...)
	}
	return json.Marshal(list)
}
