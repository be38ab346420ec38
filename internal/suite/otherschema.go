package suite

import (
	"path/filepath"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// secondSchema makes a schema beside the one that names without a schema mean, and returns its
// name.
func secondSchema(t *testing.T, db *gorm.DB, k dbtest.Kind) string {
	t.Helper()
	schema, statement := "other", "CREATE SCHEMA other"
	switch k {
	case dbtest.SQLite:
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(1) // which alone has it attached
		statement = "ATTACH '" + filepath.Join(t.TempDir(), "other.db") + "' AS other"
	case dbtest.MariaDB:
		c, err := mysqldriver.ParseDSN(dbtest.New(t, k).DSN())
		if err != nil {
			t.Fatal(err)
		}
		return c.DBName
	}
	if err := db.Exec(statement).Error; err != nil {
		t.Fatal(err)
	}
	return schema
}

// Of two tables of one name it is the one of the schema that is named which is looked at: one that
// is fit does not speak for the other, nor one that is unfit against it.
func (on behind) TestTableOfAnotherSchemaIsLookedAt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db := d.Open(t)
		schema := secondSchema(t, db, d.Kind())
		fit, unfit := madeTable{}.by(d.Kind())[0], madeTable{
			more: ", tenant int NOT NULL",
		}.by(d.Kind())[0]
		for _, statement := range []string{
			strings.Replace(fit, "web_sessions", "a", 1), strings.Replace(unfit, "web_sessions", schema+".a",
				1),
			strings.Replace(unfit, "web_sessions", "b", 1), strings.Replace(fit, "web_sessions", schema+".b",
				1),
		} {
			if err := db.Exec(statement).Error; err != nil {
				t.Fatal(err)
			}
		}
		for table, want := range map[string]string{
			"a": "", "b": "demands a value", schema + ".a": "demands a value", schema + ".b": "",
		} {
			log := &logbook{}
			_, err := gormsession.New(db, gormsession.WithTable(table), gormsession.WithLogger(log.logger()))
			switch {
			case want == "" && (err != nil || log.String() != ""):
				t.Errorf("%s: New said %v, and logged %s", table, err, log)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("%s: New said %v, want %s", table, err, want)
			}
		}
	})
}
