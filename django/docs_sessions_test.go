package django_test

import (
	"os"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
)

// openSessions opens Django's sessions.
func openSessions(db *gorm.DB) (*gormsession.Plugin, error) {
	config := django.Config{SecretKey: os.Getenv("SECRET_KEY")}

	// Django's settings of the cookie. They stay the same in all that follows.
	cookie := gormsession.WithOptions(
		gormsession.WithCookieName("sessionid"),   // SESSION_COOKIE_NAME
		gormsession.WithLifetime(14*24*time.Hour), // SESSION_COOKIE_AGE
	)

	return gormsession.New(db, django.Compatible(config), cookie)
}
