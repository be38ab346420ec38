package recipes

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

// The errors of an API are JSON that says what the client can do, and those of pages are as ever.
func TestJSONErrors(t *testing.T) {
	db := database(t)
	plugin := must(apiSessions(db))(t)
	routes := func(r *gin.Engine) {
		r.POST("/api/slow", slow(plugin))
		r.POST("/slow", slow(plugin))
		r.GET("/api/cart", func(c *gin.Context) {
			c.JSON(http.StatusOK, ginsession.Get(c).Get("cart"))
		})
	}
	ann := site(t, plugin, routes).With(map[string]any{"cart": "tea"})
	bob := ann.Another().LogIn(43)
	want(t, get(t, ann, "/api/cart"), `"tea"`)
	want(t, post(t, ann, "/api/slow"), `401 {"error":"logged_out"}`+"\n")
	want(t, post(t, bob, "/slow"), "400 Bad Request\n")

	full := must(gormsession.New(db, gormsession.WithErrorHandler(answerInJSON),
		gormsession.WithTable("full"), gormsession.WithUserLimitRefusing(1)))(t)
	cleo := site(t, full, func(r *gin.Engine) {
		r.POST("/api/login", func(c *gin.Context) { ginsession.Get(c).LogIn(44) })
	})
	want(t, post(t, cleo, "/api/login"), "")
	want(t, post(t, cleo.Another(), "/api/login"), `403 {"error":"too_many_devices"}`+"\n")

	ann.With(map[string]any{"cart": "tea"})
	pool := must(db.DB())(t)
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	response := must(ann.Get(ann.URL + "/api/cart"))(t)
	want(t, response.Header.Get("Retry-After"), "5")
	want(t, response.Header.Get("Content-Type"), "application/json")
	want(t, answer(t, response), `503 {"error":"not_done"}`+"\n")

	unsure := httptest.NewRecorder()
	answerInJSON(unsure, httptest.NewRequest("POST", "/api/order", nil),
		fmt.Errorf("a save: %w", gormsession.ErrOutcomeUnknown))
	want(t, unsure.Body.String(), `{"error":"perhaps_done"}`+"\n")
}

// Where a session has ended while a page ran, its visitor is led to the login.
func TestRedirectInPlaceOf400(t *testing.T) {
	plugin := must(redirectingSessions(database(t)))(t)
	ann := site(t, plugin, func(r *gin.Engine) {
		r.POST("/slow", slow(plugin))
		r.GET("/login", func(c *gin.Context) { c.String(http.StatusOK, "name and password, please") })
		r.GET("/nan", func(c *gin.Context) { ginsession.Get(c).Set("n", func() {}) })
	}).LogIn(42)
	want(t, post(t, ann, "/slow"), "name and password, please")
	want(t, get(t, ann, "/account"), "401 please log in")
	want(t, get(t, ann, "/nan"), "500 Internal Server Error\n")
}

// A browser's form from another site changes nothing, also from a sibling host, which the cookie's
// SameSite would let pass; programs, and origins that are trusted, are let pass.
func TestCrossOrigin(t *testing.T) {
	plugin := sessions(t)
	guard := must(sameOrigin("https://login.example.com"))(t)
	r := gin.New()
	r.Use(guard, ginsession.Handler(plugin))
	r.POST("/buy", func(c *gin.Context) { ginsession.Get(c).Set("cart", "tea") })
	r.GET("/page", func(c *gin.Context) { c.String(http.StatusOK, "page") })
	visitor := sessiontest.NewClient(t, r, plugin)
	for _, test := range []struct {
		method, path, header, value string
		status                      int
	}{
		{"POST", "/buy", "Sec-Fetch-Site", "same-origin", 200},
		{"POST", "/buy", "Sec-Fetch-Site", "cross-site", 403},
		{"POST", "/buy", "Sec-Fetch-Site", "same-site", 403},
		{"POST", "/buy", "Origin", visitor.URL, 200},
		{"POST", "/buy", "Origin", "https://evil.example", 403},
		{"POST", "/buy", "Origin", "https://login.example.com", 200},
		{"POST", "/buy", "X-Program", "curl", 200},
		{"GET", "/page", "Sec-Fetch-Site", "cross-site", 200},
	} {
		ann := visitor.Another().LogIn(42)
		request := must(http.NewRequest(test.method, ann.URL+test.path, nil))(t)
		request.Header.Set(test.header, test.value)
		response := must(ann.Do(request))(t)
		response.Body.Close()
		bought := ann.Entries()["cart"] == "tea"
		if response.StatusCode != test.status || bought != (test.status == 200 && test.path == "/buy") {
			t.Errorf("%s %s with %s: %s is %d; that something was bought is %t", test.method,
				test.path, test.header, test.value, response.StatusCode, bought)
		}
	}
}

// Of what depends on a user's session nothing is stored, what a handler says itself stays, and what
// depends on no session may be kept by everybody.
func TestNotKept(t *testing.T) {
	r, plugin, err := notKept(database(t))
	if err != nil {
		t.Fatal(err)
	}
	visitor := sessiontest.NewClient(t, r, plugin)
	ann := visitor.Another().LogIn(42)
	for _, test := range []struct {
		who              *sessiontest.Client
		path, kept, vary string
	}{
		{visitor, "/account", "private", "Cookie"},
		{ann, "/account", "no-store", "Cookie"},
		{ann, "/prices", "private, max-age=60", "Cookie"},
		{ann, "/shop.css", "public, max-age=86400", ""},
	} {
		response := must(test.who.Get(test.who.URL + test.path))(t)
		response.Body.Close()
		want(t, response.Header.Get("Cache-Control"), test.kept)
		want(t, response.Header.Get("Vary"), test.vary)
	}
}
