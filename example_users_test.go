package gormsession_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

const resetToken = ginsession.Field[string]("reset_token")

// The settings of a site that keeps its users' sessions well.
func Example_users() {
	db, cleanup := exampleDatabase()
	defer cleanup()

	plugin, err := gormsession.New(db, gormsession.Production(), gormsession.WithUsers())
	if err != nil {
		log.Fatal(err)
	}
	r := gin.New()
	r.Use(ginsession.Handler(plugin))
	r.POST("/login", func(c *gin.Context) {
		s := ginsession.Get(c)
		s.LogIn(42, gormsession.Device{Address: c.ClientIP(), Agent: c.Request.UserAgent()})
		if c.PostForm("remember") == "" {
			s.SetBrowserSession() // the cookie goes when the browser is closed
		} else {
			s.ResetExpiry() // the last login may have been the other one, and a session keeps it
		}
		c.String(http.StatusOK, "welcome")
	})
	r.GET("/devices", func(c *gin.Context) {
		logins, err := plugin.Sessions(c.Request.Context(), 42)
		if err != nil {
			c.AbortWithStatus(http.StatusServiceUnavailable)
			return
		}
		for _, l := range logins {
			c.String(http.StatusOK, "%s, this one: %t\n", l.Agent, l.Current)
		}
	})
	r.POST("/devices/:handle/end", func(c *gin.Context) {
		ended, err := plugin.End(c.Request.Context(), 42, c.Param("handle"))
		if err != nil {
			c.AbortWithStatus(http.StatusServiceUnavailable)
			return
		}
		c.String(http.StatusOK, "%t", ended)
	})
	// What needs the password again asks for it after ten minutes.
	fresh := ginsession.RequireFresh(10*time.Minute, func(c *gin.Context) {
		c.Redirect(http.StatusSeeOther, "/login")
	})
	r.POST("/password", fresh, func(c *gin.Context) {
		s := ginsession.Get(c)
		// A new key for this device, and the end of all others.
		s.LogIn(42, gormsession.Device{Address: c.ClientIP(), Agent: c.Request.UserAgent()})
		n, err := plugin.EndOthers(c.Request.Context(), s)
		if err != nil {
			c.AbortWithStatus(http.StatusServiceUnavailable)
			return
		}
		c.String(http.StatusOK, "%d other devices are logged out", n)
	})

	var jars [2]string
	ask := func(device int, method, path string) {
		request := httptest.NewRequest(method, path, nil)
		request.Header.Set("User-Agent", fmt.Sprint("browser ", device))
		request.Header.Set("Cookie", "__Host-session="+jars[device])
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		for _, c := range w.Result().Cookies() {
			jars[device] = c.Value
		}
		fmt.Println(w.Code, w.Body)
	}
	ask(0, "POST", "/login")
	ask(1, "POST", "/login")
	ask(1, "POST", "/password")
	ask(0, "GET", "/devices")
	// Output:
	// 200 welcome
	// 200 welcome
	// 200 1 other devices are logged out
	// 200 browser 1, this one: false
}

// A token that counts once, whatever is clicked twice.
func ExampleField_Take() {
	db, cleanup := exampleDatabase()
	defer cleanup()

	r := gin.New()
	r.Use(ginsession.New(db))
	r.GET("/token", func(c *gin.Context) {
		resetToken.Set(ginsession.Get(c), "a3f9")
	})
	r.GET("/reset", func(c *gin.Context) {
		want, ok := resetToken.Take(ginsession.Get(c)) // saved before it returns
		if !ok || want != c.Query("token") {
			c.String(http.StatusForbidden, "this link has been used")
			return
		}
		c.String(http.StatusOK, "a new password, please")
	})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/token", nil))
	cookie := w.Result().Cookies()[0].Name + "=" + w.Result().Cookies()[0].Value
	for range 2 {
		request := httptest.NewRequest("GET", "/reset?token=a3f9", nil)
		request.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 a new password, please
	// 403 this link has been used
}

// A key that changes, and nobody is logged out.
func ExampleWithEncryption() {
	db, cleanup := exampleDatabase()
	defer cleanup()
	oldKey, newKey := make([]byte, 32), make([]byte, 32)
	rand.Read(oldKey) // from where the application keeps its secrets
	rand.Read(newKey)

	before, err := gormsession.New(db, gormsession.WithEncryption(oldKey))
	if err != nil {
		log.Fatal(err)
	}
	s, err := before.Open(context.Background(), "")
	if err != nil {
		log.Fatal(err)
	}
	s.Set("name", "Ann")
	if err := s.Save(); err != nil {
		log.Fatal(err)
	}

	// On all servers: WithEncryption(oldKey, newKey), and then:
	plugin, err := gormsession.New(db, gormsession.WithEncryption(newKey, oldKey))
	if err != nil {
		log.Fatal(err)
	}
	done, err := plugin.Reseal(context.Background())
	if err != nil || done.Unreadable > 0 {
		log.Fatal(done, err)
	}
	// Now the old key may go.
	after, err := gormsession.New(db, gormsession.WithEncryption(newKey))
	if err != nil {
		log.Fatal(err)
	}
	again, err := after.Open(context.Background(), s.Key())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(done.Rows, again.Get("name"))
	// Output: 1 Ann
}
