package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// models are those of schema, with the options of an application that has them.
var models = map[string][]gormsession.Option{
	"plain": nil, "users": {gormsession.WithUsers()}, "django": {shared()},
}

// What schema prints makes a table that New takes, and that is the one which Migrate makes; it asks
// no database.
func TestSchema(t *testing.T) {
	for model, opts := range models {
		t.Run(model, func(t *testing.T) {
			eachDesk(t, func(k *desk) {
				engine := k.db.Dialector.Name()
				wanted, err := gormsession.MigrationSQL(k.db, opts...)
				if err != nil {
					k.t.Fatal(err)
				}
				delete(k.env, dsnVariable)
				got := decode[schemaReport](k.must(0, "schema", "--engine", engine, "--model", model,
					"--json")).Statements
				want(k.t, "the statements", strings.Join(got, "\n"), strings.Join(wanted, "\n"))
				printed := k.must(0, "schema", "--engine", engine, "--model", model).out
				for statement := range strings.SplitSeq(strings.TrimSpace(printed), ";\n") {
					if err := k.db.Exec(strings.TrimSuffix(statement, ";")).Error; err != nil {
						k.t.Fatal(err)
					}
				}
				_, err = gormsession.New(k.db, append(opts, gormsession.WithoutMigration())...)
				if err != nil {
					k.t.Error(err)
				}
			})
		})
	}
}

// The engine may be that of the DSN, whose server need not be there, and goose has its annotations.
func TestSchemaFormats(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.must(0, "schema", "--dsn", "postgres://shop@nowhere.invalid/shop", "--table", "shop.visits").
		has(`CREATE TABLE "shop"."visits"`, "fillfactor = 85")
	k.must(0, "schema", "--dsn", "shop@tcp(nowhere.invalid)/shop").has("longtext", "ascii_bin")
	k.must(0, "schema", "--engine", "postgres", "--django").has(`CREATE TABLE "django_session"`)
	k.must(2, "schema", "--engine", "postgres", "--django", "--model", "users").has("choose one")
	goose := k.must(0, "schema", "--engine", "mysql", "--format", "goose", "--table", "visits").out
	up, down, _ := strings.Cut(goose, "-- +goose Down\n")
	if !strings.HasPrefix(up, "-- +goose Up\nCREATE TABLE `visits`") ||
		down != "DROP TABLE `visits`;\n" {
		t.Errorf("goose gets\n%s", goose)
	}
}

// What is printed names the table that it means, also one whose name has capitals.
func TestStatementsQuoteTheTable(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.Postgres))
	args := []string{"--table", "Sessions"}
	k.must(0, append(args, "schema", "--format", "goose")...).has(`DROP TABLE "Sessions";`)
	k.must(0, append(args, "schema", "--format", "goose", "--table", "Shop.Visits")...).
		has(`DROP TABLE "Shop"."Visits";`)
	k.must(0, append(args, "migrate", "--yes")...)
	k.byStatement(`ALTER TABLE "Sessions" RESET (fillfactor)`)
	k.byStatement(`DROP INDEX "idx_Sessions_expire_date"`)
	k.mended("packs the pages", k.byStatement, args...)
	k.mended("no index on expire_date", k.byStatement, args...)
}

// A migration says what it would do and does nothing, until it is told to; then there is nothing
// left.
func TestMigrate(t *testing.T) {
	eachDesk(t, func(k *desk) {
		k.must(0, "migrate").has("CREATE TABLE", "nothing was done")
		if k.db.Migrator().HasTable("web_sessions") {
			k.t.Fatal("a dry run has made the table")
		}
		k.must(0, "migrate", "--yes").has("CREATE TABLE", "done").lacks("nothing")
		k.must(0, "migrate", "--yes").has("nothing is to be done")
		k.must(0, "migrate", "--json").has(`"statements": []`)
		key := k.start(k.plugin(), func(s *gormsession.State) { s.Set("a", 1) })
		k.must(0, "migrate", "--users").has("user_id", "nothing was done")
		if k.db.Migrator().HasColumn("web_sessions", "user_id") {
			k.t.Fatal("a dry run has made a column")
		}
		m := decode[migration](k.must(0, "migrate", "--users", "--yes", "--json"))
		want(k.t, "done", m.Done, true)
		k.must(0, "migrate", "--users").has("nothing is to be done")
		want(k.t, "the session lives", k.lives(k.plugin(gormsession.WithUsers()), key), true)
		k.must(0, "migrate", "--django", "--yes").has("django_session")
		k.must(0, "migrate", "--table", "shop_sessions", "--yes").has("shop_sessions")
	})
}

// A file of SQLite that is not there is made by a migration that is done, and by nothing else.
func TestMigrateMakesTheFile(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	path := filepath.Join(t.TempDir(), "new.db")
	dsn := "sqlite:" + path
	k.must(1, "list", "--dsn", dsn).has("there is no file", "migrate --yes")
	k.must(0, "migrate", "--dsn", dsn).has("CREATE TABLE")
	if _, err := os.Stat(path); err == nil {
		t.Fatal("a dry run has made the file")
	}
	k.must(0, "migrate", "--dsn", dsn, "--yes")
	k.must(0, "list", "--dsn", dsn).has("there are none")
}
