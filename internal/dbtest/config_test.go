package dbtest

import (
	"testing"

	"gorm.io/gorm"
)

func TestConfigs(t *testing.T) {
	for _, c := range Configs {
		t.Run(c.Name, func(t *testing.T) {
			t.Setenv(configVariable, c.Name)
			db := New(t, SQLite).Open(t, &gorm.Config{})
			if db.PrepareStmt != c.PrepareStmt || db.SkipDefaultTransaction != c.Bare {
				t.Errorf("opened with PrepareStmt %t and SkipDefaultTransaction %t", db.PrepareStmt,
					db.SkipDefaultTransaction)
			}
		})
	}
	t.Setenv(configVariable, "boht")
	if _, err := OpenDSN(SQLite, ":memory:"); err == nil {
		t.Error("a setting that does not exist was taken")
	}
}
