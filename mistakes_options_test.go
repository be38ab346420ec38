package gormsession_test

import (
	"net/http"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
)

// Options that make no sense, alone or together.
var mistakesOfOptions = []mistake{
	{"a table without a name", refused(gormsession.WithTable(""))},
	{"a table that is no name", refused(gormsession.WithTable("web sessions"))},
	{"a cookie without a name", refused(gormsession.WithCookieName(""))},
	{"a cookie whose name has a space", refused(gormsession.WithCookieName("my session"))},
	{"a path that is relative", refused(gormsession.WithPath("shop"))},
	{"a path with a semicolon", refused(gormsession.WithPath("/;shop"))},
	{"a URL in the place of a domain", refused(gormsession.WithDomain("https://example.com"))},
	{"a domain with a port", refused(gormsession.WithDomain("example.com:8080"))},
	{"a domain beside __Host-", refused(
		gormsession.Production(), gormsession.WithDomain("example.com"))},
	{"a path beside __Host-", refused(gormsession.Production(), gormsession.WithPath("/shop"))},
	{"a cookie for scripts beside __Http-", refused(
		gormsession.WithCookieName("__Http-session"), gormsession.WithHTTPOnly(false))},
	{"plain http beside __Secure-", refused(
		gormsession.WithCookieName("__Secure-session"), gormsession.WithSecure(false))},
	{"plain http beside SameSite=None", refused(
		gormsession.WithSameSite(http.SameSiteNoneMode), gormsession.WithSecure(false))},
	{"plain http beside Partitioned", refused(
		gormsession.WithPartitioned(), gormsession.WithSecure(false))},
	{"a SameSite that is none", refused(gormsession.WithSameSite(9))},
	{"two ways to a domain", refused(gormsession.WithDomain("example.com"),
		gormsession.WithCookieFor(func(*http.Request) (c gormsession.CookieAttributes) { return c }))},
	{"a lifetime without its unit", refused(gormsession.WithLifetime(1209600))},
	{"a lifetime of centuries", refused(gormsession.WithLifetime(251 * year))},
	{"a step of half a second", refused(gormsession.WithExpiryStep(time.Second / 2))},
	{"a step beyond the lifetime", refused(
		gormsession.WithLifetime(time.Minute), gormsession.WithExpiryStep(time.Hour))},
	{"no time for a save", refused(gormsession.WithTimeout(0))},
	{"a negative time between sweeps", refused(gormsession.WithCleanup(-1))},
	{"a negative absolute lifetime", refused(gormsession.WithAbsoluteLifetime(-time.Hour))},
	{"an absolute lifetime without its unit", refused(gormsession.WithAbsoluteLifetime(86400))},
	{"two ways to renew", refused(gormsession.WithRolling(), gormsession.WithSaveEveryRequest())},
	{"no codec", refused(gormsession.WithCodec(nil))},
	{"no clock", refused(gormsession.WithClock(nil))},
	{"negative bytes to hold", refused(gormsession.WithHeldBytes(-1))},
	{"a negative bound", refused(gormsession.WithMaxEntries(-1))},
	{"no key to encrypt with", refused(gormsession.WithEncryption())},
	{"a password in the place of a key", refused(
		gormsession.WithEncryption([]byte("correct horse battery staple")))},
	{"a key that is there twice", refused(
		gormsession.WithEncryption(make([]byte, 32), make([]byte, 32)))},
	{"two ways with what is sealed", refused(gormsession.WithEncryption(make([]byte, 32)),
		gormsession.WithDecryption(append(make([]byte, 31), 1)))},
	{"sealed rows alone, and nothing to seal with", refused(gormsession.WithSealedOnly())},
	{"a new key each second", refused(gormsession.WithKeyRotation(time.Second))},
	{"a header without a name", refused(gormsession.WithKeyHeader(""))},
	{"a header of another meaning", refused(gormsession.WithKeyHeader("Authorization"))},
	{"a header whose name has a space", refused(gormsession.WithKeyHeader("X Session"))},
	{"a limit of no session", refused(gormsession.WithUserLimit(0))},
	{"two limits", refused(gormsession.WithUserLimit(2), gormsession.WithUserLimitRefusing(2))},
	{"a former table that is the own one", refused(gormsession.WithFormer())},
	{"a former table of another cookie", refused(gormsession.WithFormer(
		django.Compatible(django.Config{SecretKey: "a secret"})))},
	{"users in Django's table", refused(gormsession.WithUsers(),
		django.Compatible(django.Config{SecretKey: "a secret"}))},
	{"encryption of Django's table", refused(gormsession.WithEncryption(make([]byte, 32)),
		django.Compatible(django.Config{SecretKey: "a secret"}))},
	{"Django without its SECRET_KEY", refused(django.Compatible(django.Config{}))},
	{"no function of WithModel", refused(
		gormsession.WithModel[gormsession.UserSession](nil))},
	{"a model without Session", refused(withModel[apart]())},
	{"a model that embeds a pointer", refused(withModel[pointing]())},
	{"a model with gorm.Model", refused(withModel[gormModel]())},
	{"a model with a default tag", refused(withModel[defaulting]())},
	{"a model with gorm.DeletedAt", refused(withModel[undeletable]())},
	{"users, and a model without their columns", refused(gormsession.WithUsers(),
		withModel[themed]())},
}

// Models, of which the last will do.
type (
	apart     struct{ ID uint }
	pointing  struct{ *gormsession.Session }
	gormModel struct {
		gorm.Model
		gormsession.Session
	}
	defaulting struct {
		gormsession.Session
		Theme string `gorm:"default:light"`
	}
	undeletable struct {
		gormsession.Session
		DeletedAt gorm.DeletedAt
	}
	themed struct {
		gormsession.Session
		Theme string
	}
)

// withModel is an option with a model that is of no use otherwise.
func withModel[M any]() gormsession.Option {
	return gormsession.WithModel(func(gormsession.Session, gormsession.Entries) (m M) { return m })
}
