package dbtest

import (
	"slices"
	"testing"

	"gorm.io/gorm"
)

func TestConfigs(t *testing.T) {
	for _, c := range Configs {
		t.Run(c.Name, func(t *testing.T) {
			t.Setenv(ConfigVariable, c.Name)
			db := New(t, SQLite).Open(t, &gorm.Config{})
			if db.PrepareStmt != c.PrepareStmt || db.SkipDefaultTransaction != c.Bare {
				t.Errorf("opened with PrepareStmt %t and SkipDefaultTransaction %t", db.PrepareStmt,
					db.SkipDefaultTransaction)
			}
		})
	}
	t.Setenv(ConfigVariable, "boht")
	if _, err := OpenDSN(SQLite, ":memory:"); err == nil {
		t.Error("a setting that does not exist was taken")
	}
}

// Where the whole run is of one setting, what is tested with each is tested with that.
func TestEachConfigOfOneRun(t *testing.T) {
	t.Setenv(ConfigVariable, "both")
	var ran []string
	EachConfig(t, func(t *testing.T, d *DB, c Config) { ran = append(ran, string(d.Kind())+c.Name) })
	if want := []string{"sqliteboth", "postgresboth", "mariadbboth"}; !slices.Equal(ran, want) {
		t.Errorf("%q ran, not %q", ran, want)
	}
}
