package django_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// Member is a row of people.Member, whose primary key is a UUID.
type Member struct {
	ID, Username, Password string
	IsActive               bool
}

func (Member) TableName() string { return "people_member" }

// findMember finds the user of a UUID.
func findMember(db *gorm.DB) django.Lookup {
	return func(ctx context.Context, id string) (django.User, error) {
		var member Member
		id = strings.ToLower(strings.ReplaceAll(id, "-", ""))
		err := db.WithContext(ctx).Where("id = ? AND is_active = ?", id, true).Take(&member).Error
		return django.User{Password: member.Password, Row: member}, err
	}
}

// Customer is a row of people.Customer, with a get_session_auth_hash of its own.
type Customer struct {
	ID                 int64
	Username, Password string
	Generation         int
}

func (Customer) TableName() string { return "people_customer" }

// findCustomer finds a customer.
func findCustomer(db *gorm.DB) django.Lookup {
	return func(ctx context.Context, id string) (django.User, error) {
		var customer Customer
		err := db.WithContext(ctx).Where("id = ?", id).Take(&customer).Error
		return django.User{Password: customer.Password, Row: customer}, err
	}
}

// customerHash is get_session_auth_hash of our customers.
func customerHash(secret string, user django.User) string {
	customer, ok := user.Row.(Customer)
	if !ok {
		return "" // an error
	}
	value := fmt.Sprintf("%s/%d", user.Password, customer.Generation)
	return django.SaltedHMAC("people.Customer", value, secret)
}

func customerConfig() django.Config {
	config := django.Config{SecretKey: os.Getenv("SECRET_KEY"), AuthHash: customerHash}
	return config
}

// Visit is a row of people.Visit.
type Visit struct {
	gormsession.Session
	UserID       *int64
	LastActivity gormsession.Expiry // no time.Time
}

func (Visit) TableName() string { return "people_visit" }

// openVisits opens the sessions of people.Visit.
func openVisits(db *gorm.DB, config django.Config) (*gormsession.Plugin, error) {
	return gormsession.New(db, django.Compatible(config),
		gormsession.WithModel(func(row gormsession.Session, entries gormsession.Entries) Visit {
			visit := Visit{Session: row, LastActivity: gormsession.Expiry{Time: time.Now()}}
			if text, ok := entries.Get("_auth_user_id").(string); ok {
				if id, err := strconv.ParseInt(text, 10, 64); err == nil {
					visit.UserID = &id
				}
			}
			return visit
		}))
}

// The lookups of user models of one's own let in whom Django has logged in.
func TestDocumentUserModels(t *testing.T) {
	t.Setenv("SECRET_KEY", djangotest.SecretKey)
	d := dbtest.New(t, dbtest.SQLite)
	for model, c := range map[string]struct {
		find   func(*gorm.DB) django.Lookup
		config django.Config
	}{
		"people.Member":   {findMember, notRotated.config()},
		"people.Customer": {findCustomer, customerConfig()},
	} {
		site := djangotest.Start(t, djangotest.V42, d, djangotest.Settings{"AUTH_USER_MODEL": model})
		site.Migrate(t)
		client := &http.Client{}
		client.Jar, _ = cookiejar.New(nil)
		site.Must(t, client, step{"make_user", "alice", "pw"}, step{"login", "alice", "pw"})
		db := d.Open(t)
		r := gin.New()
		r.Use(ginsession.New(db, django.Compatible(c.config)))
		r.GET("/account/", django.RequireLogin(c.find(db)), func(c *gin.Context) {
			c.String(http.StatusOK, "Hello!")
		})
		program := httptest.NewServer(r)
		t.Cleanup(program.Close)
		if got := answer(t, client, http.MethodGet, program.URL+"/account/", nil); got != "200 Hello!" {
			t.Errorf("%s: Go answers %s", model, got)
		}
		if got := site.Must(t, client, step{"user"}); got.Result(t, 0) != "alice" {
			t.Errorf("%s: then Django sees %s", model, got.Results)
		}
	}
}

// An instant in a column of one's own is the one that Django reads, whatever zone the DSN names. A
// time.Time would not be, where that is a zone of MySQL's driver.
func TestDocumentOwnColumns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		site := djangotest.Start(t, djangotest.V52, d, nil)
		site.Migrate(t)
		dsn := d.DSN()
		if d.Kind() == dbtest.MariaDB { // loc=Local on a machine in Chicago
			c, err := mysqldriver.ParseDSN(dsn)
			if err != nil {
				t.Fatal(err)
			}
			if c.Loc, err = time.LoadLocation("America/Chicago"); err != nil {
				t.Fatal(err)
			}
			dsn = c.FormatDSN()
		}
		db, err := dbtest.OpenDSN(d.Kind(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pool.Close() })
		plugin, err := openVisits(db, django.Config{SecretKey: djangotest.SecretKey})
		if err != nil {
			t.Fatal(err)
		}
		s, err := plugin.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		s.Set("_auth_user_id", "7")
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		text, _ := site.Must(t, http.DefaultClient, step{"last_activity", s.Key()}).Result(t, 0).(string)
		at, err := time.Parse("2006-01-02T15:04:05.999999Z07:00", text)
		if off := time.Since(at); err != nil || off < 0 || off > 5*time.Minute {
			t.Errorf("Django reads %s, %v: %v ago", text, err, off)
		}
		var id int64
		if err := db.Table("people_visit").Pluck("user_id", &id).Error; err != nil || id != 7 {
			t.Errorf("user_id is %d, %v", id, err)
		}

		type naive struct {
			gormsession.Session
			LastActivity time.Time
		}
		wrong, err := gormsession.New(db,
			django.Compatible(django.Config{SecretKey: djangotest.SecretKey}),
			gormsession.WithTable("people_visit"),
			gormsession.WithModel(func(row gormsession.Session, _ gormsession.Entries) naive {
				return naive{row, time.Now()}
			}))
		if err != nil {
			t.Fatal(err)
		}
		if s, err = wrong.Open(t.Context(), s.Key()); err != nil {
			t.Fatal(err)
		}
		if s.Set("a", 1); s.Save() != nil {
			t.Fatal(s.Err())
		}
		text, _ = site.Must(t, http.DefaultClient, step{"last_activity", s.Key()}).Result(t, 0).(string)
		if at, err = time.Parse("2006-01-02T15:04:05.999999Z07:00", text); err != nil {
			t.Fatal(err)
		}
		if off := time.Since(at) > time.Hour; off != (d.Kind() == dbtest.MariaDB) {
			t.Errorf("a time.Time of now is %s to Django: off by hours: %v", text, off)
		}
	})
}
