package django_test

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/ginsession"
)

// The program of docs/django.md, in the form that it has after each of the steps.

func init() { gin.SetMode(gin.ReleaseMode) }

// handingOn is the program of step 3.
func handingOn(upstream *url.URL) *gin.Engine {
	r := gin.New()
	r.NoRoute(gin.WrapH(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(upstream) // where Django listens
		p.Out.Host = p.In.Host
		p.SetXForwarded()
	}}))
	return r
}

// configOf and cookieOf are of step 4.
func configOf() django.Config {
	config := django.Config{SecretKey: os.Getenv("SECRET_KEY")}
	return config
}

func cookieOf() gormsession.Option {
	// Django's settings of the cookie. They stay the same in all that follows.
	cookie := gormsession.WithOptions(
		gormsession.WithCookieName("sessionid"),  // SESSION_COOKIE_NAME
		gormsession.WithLifetime(7*24*time.Hour), // SESSION_COOKIE_AGE
		gormsession.WithSecure(true),             // SESSION_COOKIE_SECURE
	)
	return cookie
}

// rotatedConfig is the configuration of each part of step 8.
func rotatedConfig(part int, oldKey, newKey string) django.Config {
	switch part {
	case 0:
		config := django.Config{SecretKey: oldKey, Fallbacks: []string{newKey}}
		return config
	case 1:
		config := django.Config{SecretKey: newKey, Fallbacks: []string{oldKey}}
		return config
	}
	config := django.Config{SecretKey: newKey}
	return config
}

// sessionsOf are the sessions as that step has them.
func sessionsOf(number int, db *gorm.DB, config django.Config) gin.HandlerFunc {
	cookie := cookieOf()
	switch number {
	case 11:
		sessions := ginsession.New(db, django.Compatible(config), cookie, gormsession.WithFormer())
		return sessions
	case 12:
		sessions := ginsession.New(db, cookie, gormsession.WithFormer(django.Compatible(config)))
		return sessions
	case 14:
		sessions := ginsession.New(db, cookie, django.WithLogins(config))
		return sessions
	}
	sessions := ginsession.New(db, django.Compatible(config), cookie)
	return sessions
}

// AuthUser is a row of Django's user model.
type AuthUser struct {
	ID       int64
	Username string
	Password string
	IsActive bool
}

func (AuthUser) TableName() string { return "auth_user" }

// Cart is what Django's views know as request.session["cart"].
type Cart map[string]int

const cart = gormsession.Field[Cart]("cart")

// serve gives the program the pages of Go's that it has after that step.
func serve(r *gin.Engine, db *gorm.DB, sessions gin.HandlerFunc, number int) *gin.Engine {
	shop := r.Group("/", sessions)

	users := func(ctx context.Context, id string) (django.User, error) {
		var user AuthUser
		err := db.WithContext(ctx).Where("id = ? AND is_active = ?", id, true).Take(&user).Error
		return django.User{Password: user.Password, Row: user}, err
	}

	shop.GET("/account/", django.RequireLogin(users, django.WithLoginURL("/accounts/login/")), func(c *gin.Context) {
		user := django.CurrentUser(c).Row.(AuthUser)
		c.String(http.StatusOK, "Hello, %s!", user.Username)
	})
	if number == 5 {
		return r
	}

	var crossOrigin http.CrossOriginProtection
	shop.Use(func(c *gin.Context) {
		if err := crossOrigin.Check(c.Request); err != nil {
			c.AbortWithStatus(http.StatusForbidden)
		}
	})

	shop.POST("/cart/:item", func(c *gin.Context) {
		now := cart.Modify(ginsession.Get(c), func(cart Cart) Cart {
			if cart == nil {
				cart = Cart{}
			}
			cart[c.Param("item")]++
			return cart
		})
		c.JSON(http.StatusOK, now)
	})
	if number == 6 {
		return r
	}

	shop.POST("/accounts/login/", func(c *gin.Context) {
		var user AuthUser
		err := db.WithContext(c.Request.Context()).Where("username = ? AND is_active = ?", c.PostForm("username"), true).Take(&user).Error
		if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
			c.AbortWithStatus(http.StatusServiceUnavailable)
			return
		}
		if !checkPassword(user.Password, c.PostForm("password")) {
			c.String(http.StatusUnauthorized, "There is no such user, or the password is wrong.")
			return
		}
		if err := django.Login(ginsession.Get(c), django.User{ID: strconv.FormatInt(user.ID, 10), Password: user.Password}); err != nil {
			return // the session answers
		}
		c.Redirect(http.StatusSeeOther, "/account/")
	})

	shop.POST("/accounts/logout/", func(c *gin.Context) {
		django.Logout(ginsession.Get(c))
		c.Redirect(http.StatusSeeOther, "/")
	})
	return r
}

// checkPassword compares a password with what Django's default hasher, PBKDF2PasswordHasher, has stored. It takes as long where there is
// no such user, so that nobody learns which ones there are.
func checkPassword(encoded, password string) bool {
	algorithm, rest, _ := strings.Cut(encoded, "$")
	parts := strings.Split(rest, "$")
	if algorithm != "pbkdf2_sha256" || len(parts) != 3 {
		parts = []string{"1000000", "nobody", ""}
	}
	iterations, err := strconv.Atoi(parts[0])
	if err != nil {
		return false
	}
	key, err := pbkdf2.Key(sha256.New, password, []byte(parts[1]), iterations, sha256.Size)
	return err == nil && subtle.ConstantTimeCompare([]byte(base64.StdEncoding.EncodeToString(key)), []byte(parts[2])) == 1
}
