package django_test

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/django"
)

// AuthUser is a row of Django's user model.
type AuthUser struct {
	ID       int64
	Username string
	Password string
	IsActive bool
}

func (AuthUser) TableName() string { return "auth_user" }

// accountPages are for who is logged in.
func accountPages(shop *gin.RouterGroup, db *gorm.DB) {
	users := func(ctx context.Context, id string) (django.User, error) {
		var user AuthUser
		err := db.WithContext(ctx).Where("id = ? AND is_active = ?", id, true).Take(&user).Error
		return django.User{Password: user.Password, Row: user}, err
	}

	guard := django.RequireLogin(users, django.WithLoginURL("/accounts/login/"))
	account := shop.Group("/account/", guard)
	account.Match([]string{http.MethodGet, http.MethodHead}, "", func(c *gin.Context) {
		user := django.CurrentUser(c).Row.(AuthUser)
		c.String(http.StatusOK, "Hello, %s!", user.Username)
	})
}
