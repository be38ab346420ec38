package django_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/ginsession"
)

// The program of docs/django.md, in the form that it has after each of the steps. Its files are
// those of docs_main_test.go and so on, and what later steps change in them is here.

func init() { gin.SetMode(gin.ReleaseMode) }

// local is where the server in front connects from, unless FRONT says otherwise.
var local = netip.MustParsePrefix("127.0.0.0/8")

// handingOn is the program of step 3.
func handingOn(upstream *url.URL, front netip.Prefix) *gin.Engine {
	r := gin.New()
	r.RedirectTrailingSlash = false // a path that Go does not know as it stands is Django's
	r.NoRoute(gin.WrapH(handOn(upstream, front)))
	return r
}

// serve gives the program the pages of Go's that it has after that step.
func serve(r *gin.Engine, db *gorm.DB, plugin *gormsession.Plugin, number int) *gin.Engine {
	shop := r.Group("/", ginsession.Handler(plugin))
	shop.GET("/go/", func(c *gin.Context) {
		c.String(http.StatusOK, "%d entries", ginsession.Get(c).Len())
	})
	for i, pages := range []func(){
		func() { accountPages(shop, db) }, func() { cartPages(shop) }, func() { loginPages(shop, db) },
	} {
		if number >= 5+i {
			pages()
		}
	}
	return r
}

// A rotation is how far the secrets are after step 8: each of its three parts, and before.
type rotation int

const (
	notRotated rotation = iota
	readsBoth
	signsWithNew
	rotated
)

// config is the configuration of that part.
func (r rotation) config() django.Config {
	switch r {
	case readsBoth:
		oldKey, newKey := os.Getenv("SECRET_KEY"), os.Getenv("NEW_SECRET_KEY")
		config := django.Config{SecretKey: oldKey, Fallbacks: []string{newKey}}
		return config
	case signsWithNew:
		oldKey, newKey := os.Getenv("SECRET_KEY"), os.Getenv("NEW_SECRET_KEY")
		config := django.Config{SecretKey: newKey, Fallbacks: []string{oldKey}}
		return config
	case rotated:
		config := django.Config{SecretKey: os.Getenv("NEW_SECRET_KEY")}
		return config
	}
	config := django.Config{SecretKey: os.Getenv("SECRET_KEY")}
	return config
}

// openSessionsOf opens the sessions as that step has them.
func openSessionsOf(number int, r rotation, db *gorm.DB) (*gormsession.Plugin, error) {
	if r == notRotated && number < 10 {
		return openSessions(db)
	}
	config := r.config()
	cookie := gormsession.WithOptions(
		gormsession.WithCookieName("sessionid"),   // SESSION_COOKIE_NAME
		gormsession.WithLifetime(14*24*time.Hour), // SESSION_COOKIE_AGE
	)
	switch number {
	case 4, 5, 6, 7, 8:
		return gormsession.New(db, django.Compatible(config), cookie)
	case 10:
		return gormsession.New(db, django.Compatible(config), cookie,
			gormsession.WithCleanup(10*time.Minute))
	case 11:
		return gormsession.New(db, django.Compatible(config), cookie, gormsession.WithFormer())
	case 12:
		return gormsession.New(db, cookie, gormsession.WithFormer(django.Compatible(config)))
	case 14:
		return gormsession.New(db, cookie, django.WithLogins(config))
	}
	return nil, fmt.Errorf("step %d opens no sessions", number)
}
