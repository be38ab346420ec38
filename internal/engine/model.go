package engine

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// A Model is what rows are made of.
type Model interface {
	// Empty returns a pointer to a new row without anything in it.
	Empty() any
	// Table returns what a table is made of on that dialect.
	Table(dialect string) any
	// Parse returns the schema, and the columns that an update writes besides ours.
	Parse(db *gorm.DB) (*schema.Schema, []*schema.Field, error)
	// IsBare tells whether there are no columns besides ours, and no hooks.
	IsBare() bool
	// Seen names a column that says when the session was last seen, which each write of the row
	// moves, "" if there is none.
	Seen() string
	// Row returns a pointer to a row of that schema for these entries.
	Row(ctx context.Context, s *schema.Schema, key, data string, expire time.Time,
		entries map[string]json.RawMessage) (any, error)
}
