package django_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/exampletest"
)

// The settings of the Django site. Its SECRET_KEY comes from where Django has it from, such as the
// environment.
var settings = django.Config{
	SecretKey: "django-insecure-only-an-example",
	Fallbacks: []string{"django-insecure-retired-last-year"}, // SECRET_KEY_FALLBACKS
}

// What Django has set in its settings follows as options.
func ExampleCompatible() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	r := gin.New()
	r.Use(ginsession.New(db, django.Compatible(settings),
		gormsession.WithCookieName("shopid"),      // SESSION_COOKIE_NAME
		gormsession.WithDomain("shop.example"),    // SESSION_COOKIE_DOMAIN
		gormsession.WithLifetime(30*24*time.Hour), // SESSION_COOKIE_AGE
		gormsession.WithSecure(true),              // SESSION_COOKIE_SECURE
	))
	r.GET("/", func(c *gin.Context) {
		s := ginsession.Get(c)
		s.Set("cart", []string{"tea"}) // a Django view reads request.session["cart"]
		c.String(http.StatusOK, "%v", s.Get("cart"))
	})

	exampletest.Browse(r, "/")
	var rows int64
	db.Table("django_session").Count(&rows)
	fmt.Println("rows of Django's:", rows)
	// Output:
	// / [tea]
	// rows of Django's: 1
}

// account is Django's user model, as far as this application needs it.
type account struct {
	ID       int64
	Username string
	Password string
	IsActive bool
}

func (account) TableName() string { return "auth_user" }

// Whoever has logged in at Django is logged in here, and the reverse.
func ExampleRequireLogin() {
	db, cleanup := exampletest.Database()
	defer cleanup()
	createAccount(db)

	// findUser looks a user up for each request to a guarded page. gorm.ErrRecordNotFound, which
	// Take returns, is nobody.
	findUser := func(ctx context.Context, id string) (django.User, error) {
		var row account
		err := db.WithContext(ctx).Where("id = ? AND is_active", id).Take(&row).Error
		return django.User{Password: row.Password, Row: row}, err
	}

	r := gin.New()
	r.Use(ginsession.New(db, django.Compatible(settings)))
	members := r.Group("/account", django.RequireLogin(findUser, django.WithLoginURL("/login")))
	members.GET("", func(c *gin.Context) {
		c.String(http.StatusOK, "hello %s", django.CurrentUser(c).Row.(account).Username)
	})
	r.GET("/login", func(c *gin.Context) { // after the password was checked
		var row account
		if err := db.Where("username = ?", "alice").Take(&row).Error; err != nil {
			c.AbortWithStatus(http.StatusServiceUnavailable)
			return
		}
		user := django.User{ID: strconv.FormatInt(row.ID, 10), Password: row.Password}
		if err := django.Login(ginsession.Get(c), user); err != nil {
			_ = c.AbortWithError(http.StatusInternalServerError, err)
			return
		}
		c.String(http.StatusOK, "asked for %s", c.Query("next"))
	})
	r.GET("/logout", func(c *gin.Context) {
		django.Logout(ginsession.Get(c))
		c.String(http.StatusOK, "bye")
	})

	exampletest.Browse(r, "/account", "/account", "/logout", "/account")
	// Output:
	// /account asked for /account
	// /account hello alice
	// /logout bye
	// /account asked for /account
}

func createAccount(db *gorm.DB) {
	alice := account{
		ID: 7, Username: "alice", Password: "pbkdf2_sha256$600000$salt$hash", IsActive: true,
	}
	if err := errors.Join(db.AutoMigrate(&account{}), db.Create(&alice).Error); err != nil {
		log.Fatal(err)
	}
}
