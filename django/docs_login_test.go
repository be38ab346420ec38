package django_test

import (
	"cmp"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/ginsession"
)

// loginPages log in and out.
func loginPages(shop *gin.RouterGroup, db *gorm.DB) {
	shop.POST("/accounts/login/", func(c *gin.Context) {
		var user AuthUser
		err := db.WithContext(c.Request.Context()).
			Where("username = ? AND is_active = ?", c.PostForm("username"), true).Take(&user).Error
		if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
			c.AbortWithStatus(http.StatusServiceUnavailable)
			return
		}
		if !checkPassword(user.Password, c.PostForm("password")) {
			c.String(http.StatusUnauthorized, "There is no such user, or the password is wrong.")
			return
		}
		login := django.User{ID: strconv.FormatInt(user.ID, 10), Password: user.Password}
		if err := django.Login(ginsession.Get(c), login); err != nil {
			_ = c.AbortWithError(http.StatusServiceUnavailable, err)
			return
		}
		c.Redirect(http.StatusSeeOther, nextPage(cmp.Or(c.PostForm("next"), c.Query("next"))))
	})

	shop.POST("/accounts/logout/", func(c *gin.Context) {
		django.Logout(ginsession.Get(c))
		c.Redirect(http.StatusSeeOther, "/")
	})
}

// nextPage is where a login leads: to next, if that is a page of this site, or to the account.
// Browsers take // and /\ for another host, and skip tabs and line breaks.
func nextPage(next string) string {
	odd := func(r rune) bool { return r <= ' ' || r == '\\' }
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsFunc(next, odd) {
		return "/account/"
	}
	return next
}

// iterations is PBKDF2PasswordHasher.iterations of the Django beside, which step 1 prints:
// 3.2 has 260,000, 4.2 has 600,000, 5.2 has 1,000,000, 6.1 has 1,500,000. Raise it with Django.
const iterations = 1_000_000

// checkPassword compares a password with what Django's default hasher, PBKDF2PasswordHasher, has
// stored. Where it is wrong that has taken as many iterations as Django's hasher makes today, also
// for a user with an older hash, with another hasher's or with none, and where there is no such
// user, so that nobody learns which ones there are.
func checkPassword(encoded, password string) bool {
	made, right := 0, false
	if parts := strings.Split(encoded, "$"); len(parts) == 4 && parts[0] == "pbkdf2_sha256" {
		made, _ = strconv.Atoi(parts[1])
		computed := hash(password, parts[2], made)
		right = subtle.ConstantTimeCompare([]byte(computed), []byte(parts[3])) == 1
	}
	if !right {
		hash(password, "nobody", iterations-made)
	}
	return right
}

// hash is PBKDF2 with that many iterations, as Django spells it.
func hash(password, salt string, iterations int) string {
	if iterations <= 0 {
		return ""
	}
	key, err := pbkdf2.Key(sha256.New, password, []byte(salt), iterations, sha256.Size)
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(key)
}
