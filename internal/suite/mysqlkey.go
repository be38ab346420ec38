package suite

import (
	"maps"
	"slices"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

type (
	owner struct {
		ID   int64
		Name string
	}
	place struct {
		City string `gorm:"size:40;not null"`
		Zip  string `gorm:"size:10;index"`
	}
	mark struct {
		ID              int64
		OwnedSessionKey string `gorm:"size:64"`
	}
	// ownedSession has what a model can have that says how its table is made.
	ownedSession struct {
		gormsession.Session
		OwnerID *int64
		Owner   *owner
		Home    place  `gorm:"embedded;embeddedPrefix:home_"`
		Device  string `gorm:"size:30;uniqueIndex:device_of_owner;comment:what it is"`
		Level   int    `gorm:"check:level_is_small,level < 10"`
		Tag     string `gorm:"size:20;uniqueIndex:device_of_owner"`
		Marks   []mark `gorm:"foreignKey:OwnedSessionKey"`
	}
)

func (ownedSession) TableName() string { return "owned_sessions" }

func ownedSessions() gormsession.Option {
	return gormsession.WithModel(func(row gormsession.Session, _ gormsession.Entries) ownedSession {
		return ownedSession{Session: row, Device: row.Handle(), Home: place{City: "Ulm"}}
	})
}

// On MySQL keys are compared byte by byte from the statement on that makes the table: servers that
// speak the protocol, as TiDB does, refuse to alter a column's charset later. All else of the
// application's model is as GORM itself makes it.
func (on behind) TestKeyColumnOnMySQL(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, dbtest.MariaDB)
	for name, config := range map[string]*gorm.Config{
		"default": {},
		"renaming": {NamingStrategy: schema.NamingStrategy{
			TablePrefix: "shop_", NameReplacer: strings.NewReplacer("Session", "Visit"),
		}},
	} {
		d := dbtest.New(t, d.Kind())
		db, statements := d.OpenCounted(t, config)
		if err := db.AutoMigrate(&owner{}, &ownedSession{}, &mark{}); err != nil {
			t.Fatal(err)
		}
		asGORM := columnsOf(t, db, "owned_sessions")
		c, err := mysqldriver.ParseDSN(d.DSN())
		if err != nil {
			t.Fatal(err)
		}
		statements.Fail(failing("ALTER", &mysqldriver.MySQLError{Number: 8200, Message: "as TiDB"}))
		for table, opts := range map[string][]gormsession.Option{
			"web_sessions":    nil,
			"visits":          {gormsession.WithTable(c.DBName + ".visits")},
			"owned_elsewhere": {gormsession.WithTable("owned_elsewhere"), ownedSessions()},
		} {
			statements.Reset()
			if _, err := gormsession.New(db, opts...); err != nil {
				t.Errorf("%s: %s: %v", name, table, err)
			}
			made := slices.DeleteFunc(ddlOf(statements), func(sql string) bool {
				return strings.HasPrefix(sql, "CREATE")
			})
			if len(made) > 0 {
				t.Errorf("%s: %s was made by %q", name, table, made)
			}
			columns := columnsOf(t, db, table)
			if is := columns["session_key"]; is != "varchar(64) not null ascii_bin" {
				t.Errorf("%s: the key of %s is %s", name, table, is)
			}
			if len(opts) < 2 {
				continue
			}
			columns["session_key"] = asGORM["session_key"]
			if !maps.Equal(columns, asGORM) {
				t.Errorf("%s: the model's table is %v, and GORM makes %v", name, columns, asGORM)
			}
		}
		statements.Fail(nil)
	}
}
