package main

import (
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Sessions from before WithUsers get their user, by an entry of the application's, and go on: a dry
// run counts alone, and who has no such entry stays nobody's.
func TestFill(t *testing.T) {
	eachDesk(t, func(k *desk) {
		p := k.plugin()
		var keys []string
		for _, user := range []any{42, "ann", nil, 1.5} {
			keys = append(keys, k.start(p, func(s *gormsession.State) { s.Set("user_id", user) }))
		}
		k.must(1, "fill", "user_id", "--yes").has("migrate --users")
		k.must(0, "migrate", "--users", "--yes")
		k.must(0, "fill", "user_id").has("2 sessions would get a user", "2 sessions stay nobody's")
		k.must(0, "list", "--user", "42").has("there are none")
		done := decode[filled](k.must(0, "fill", "user_id", "--yes", "--json"))
		want(k.t, "filled", done, filled{Entry: "user_id", Rows: 2, Skipped: 2, Done: true})
		k.must(0, "list", "--user", "42").lacks("there are none")
		for _, key := range keys {
			want(k.t, "lives", k.lives(p, key), true)
		}
		k.must(0, "fill", "user_id", "--yes").has("0 sessions got a user")
		k.must(1, "fill", "_user").has("_user")
		k.must(1, "fill", "user_id", "--django").has("move them first")
	})
}

// A row that is sealed needs its key, and is sealed after it was filled.
func TestFillOfSealedRows(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	p := k.plugin(gormsession.WithUsers(), gormsession.WithEncryption(rawKey(1)))
	k.start(p, func(s *gormsession.State) { s.Set("user_id", 42) })
	k.must(3, "fill", "user_id").has("1 row cannot be read")
	k.must(3, "fill", "user_id", "--yes").has("0 sessions got a user", "1 row cannot be read")
	k.env[keysVariable] = sealKey(1)
	k.secrets = append(k.secrets, sealKey(1))
	k.must(0, "fill", "user_id", "--yes").has("1 session got a user")
	k.must(0, "stats").has("1, of 1 user", "0 open")
}
