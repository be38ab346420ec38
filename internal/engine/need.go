package engine

import (
	"encoding/json"
	"slices"
	"strings"
)

// leastData is how many characters of a session's text a column must hold: far more than the 65,535
// of MySQL's TEXT, which a lax sql_mode cuts off without an error.
const leastData = 1 << 20

// A need is what one of our three columns must be.
type need struct {
	column string
	holds  func(c column) bool // tells by the type whether it can
	least  int64               // of its size, in units
	unit   string
	mend   string
}

// needs are what our columns must be in the table.
func (t *Table) needs() []need {
	size := int64(t.layout.KeySize)
	key := need{
		column: "session_key",
		least:  size,
		unit:   "characters",
		mend: "if this is Django's table use django.Compatible, else choose another name with " +
			"WithTable",
	}
	data := need{column: "session_data", least: leastData, unit: "characters", mend: "make it text"}
	moment := need{column: "expire_date", least: 6, unit: "digits of a second's fraction",
		mend: "make it datetime(6)"}
	if !t.layout.HashedKeys {
		moment.least = 0 // early Djangos made it of whole seconds, and those of today keep it
	}
	switch t.dialectName {
	case "postgres":
		// bpchar fills up with spaces. json cannot be compared, and to citext "a" is what "A" was, as it
		// may be to a collation that is nondeterministic.
		key.holds = func(c column) bool {
			c.Type = strings.TrimPrefix(c.Type, "nondeterministic ")
			return c.is("varchar", "text", "name", "citext") ||
				c.is("bpchar") && t.layout.HashedKeys && c.Size == size
		}
		data.holds = func(c column) bool {
			return c.is("varchar", "text") || c.is("jsonb") && t.writesJSON()
		}
		moment.holds = func(c column) bool { return c.is("timestamptz", "timestamp") }
		moment.mend = "make it timestamp with time zone"
	case "mysql":
		// binary fills up with zeros. json is not the text that was saved, and a timestamp ends in
		// 2038 and is told in the zone of the connection.
		texts := []string{"tinytext", "text", "mediumtext", "longtext", "varchar", "char",
			"tinyblob", "blob", "mediumblob", "longblob", "varbinary"}
		key.holds = func(c column) bool { return c.is(texts...) }
		data.holds, data.mend = key.holds, "make it longtext"
		moment.holds = func(c column) bool { return c.is("datetime") }
	case "sqlite":
		// A declared size bounds nothing, though one of the key tells of Django's table.
		// A number's column makes a number of what looks like one; a STRICT table has fewer types.
		key.holds = func(c column) bool {
			strict, ok := strings.CutPrefix(c.Type, "strict ")
			number := slices.ContainsFunc([]string{"int", "real", "floa", "doub"},
				func(part string) bool { return strings.Contains(c.Type, part) })
			return ok && (strict == "text" || strict == "any") || !ok && !number
		}
		data.holds, data.least = key.holds, 0
		moment.holds = func(c column) bool {
			return !strings.HasPrefix(c.Type, "strict ") || key.holds(c)
		}
		moment.mend, moment.least = "make it text", 0
	}
	return []need{key, data, moment}
}

func (c column) is(types ...string) bool { return slices.Contains(types, c.Type) }

// writesJSON tells whether what the codec writes is JSON, as a column may demand that checks it.
func (t *Table) writesJSON() bool {
	text, err := t.codec.Encode("", map[string]json.RawMessage{})
	return err == nil && json.Valid([]byte(text))
}
