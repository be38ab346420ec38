package django

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// New refuses a Config that cannot serve, also where options follow that would hide it.
func TestCompatibleRefuses(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	for want, config := range map[string]Config{
		"gormsession: django.Config.SecretKey is empty: set it to Django's SECRET_KEY": {},
		"gormsession: django.Config.Fallbacks holds an empty key: remove it": {
			SecretKey: "a", Fallbacks: []string{"b", ""},
		},
		"gormsession: django.Config.Backends holds an empty path: remove it": {
			SecretKey: "a", Backends: []string{""},
		},
	} {
		_, err := gormsession.New(db, Compatible(config), gormsession.WithCodec(gormsession.JSON),
			gormsession.WithTable("other"))
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if db.Migrator().HasTable("django_session") || db.Migrator().HasTable("other") {
		t.Error("a table was made")
	}
}

// Options that follow Compatible override it, and those before it that it does not set stay.
func TestCompatibleWithOptions(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	plugin, err := gormsession.New(db, gormsession.WithCookieName("shopid"),
		Compatible(Config{SecretKey: testSecret}),
		gormsession.WithTable("shop_session"), gormsession.WithLifetime(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	engine.Use(ginsession.Handler(plugin))
	engine.GET("/", func(c *gin.Context) { ginsession.Get(c).Set("a", 1) })
	server := httptest.NewServer(engine)
	defer server.Close()
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	c, err := http.ParseSetCookie(res.Header.Get("Set-Cookie"))
	if err != nil || c.Name != "shopid" || c.MaxAge != 3600 {
		t.Errorf("%v, %v", c, err)
	}
	var row row
	err = db.Raw("SELECT session_key, session_data FROM shop_session").Scan(&row).Error
	if err != nil || row.SessionKey != c.Value {
		t.Errorf("the row is %q, %v", row.SessionKey, err)
	}
	if _, err := mustCodec(t, Config{SecretKey: testSecret}).Decode("", row.SessionData); err != nil {
		t.Error(err)
	}
}
