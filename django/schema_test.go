package django

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// schemaOf is all that the database says about the table of sessions, whatever quotes it uses.
func schemaOf(t *testing.T, db *gorm.DB) (schema []string) {
	t.Helper()
	for _, query := range map[string][]string{
		"sqlite": {
			"SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'django_session' ORDER BY name",
		},
		"postgres": {
			`SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
				FROM information_schema.columns WHERE table_name = 'django_session' ORDER BY ordinal_position`,
			"SELECT indexdef FROM pg_indexes WHERE tablename = 'django_session' ORDER BY indexname",
		},
		"mysql": {"SHOW CREATE TABLE django_session"},
	}[db.Dialector.Name()] {
		var rows []map[string]any
		if err := db.Raw(query).Scan(&rows).Error; err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			schema = append(schema, strings.ReplaceAll(fmt.Sprint(row), "`", `"`))
		}
	}
	return schema
}

// testSchema: Django's table stays as it is, and one that Go has made is like it.
func testSchema(t *testing.T, p *pair) {
	if len(p.schema) == 0 {
		t.Fatal("there is no table")
	}
	if got := schemaOf(t, p.gin.db); !slices.Equal(got, p.schema) {
		t.Errorf("Django's table was\n%q\nand is\n%q", p.schema, got)
	}
	own := dbtest.New(t, p.db.Kind()).Open(t)
	newSite(t, own, Config{SecretKey: testSecret})
	if got := schemaOf(t, own); !slices.Equal(got, p.schema) {
		t.Errorf("Go has made\n%q\nand Django\n%q", got, p.schema)
	}
}

// Django adopts a table that Go has made, with what is in it.
func TestDjangoAdoptsTheTable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := newSite(t, d.Open(t), Config{SecretKey: djangotest.SecretKey})
		client := newVisitor(t)
		s.do(client, func(s *gormsession.State) { s.Set("a", 1) })
		before := schemaOf(t, s.db)
		django := djangotest.Start(t, djangotest.V52, d, nil)
		django.Migrate(t)
		if got := django.Must(t, client, step{"increment", "a"},
			step{"get", "a"}); got.Result(t, 1) != int64(2) {
			t.Errorf("Django read %s", got.Results[1])
		}
		if got := schemaOf(t, s.db); !slices.Equal(got, before) {
			t.Errorf("the table was\n%q\nand is\n%q", before, got)
		}
	})
}
