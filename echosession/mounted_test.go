package echosession_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/seed7368b609/gormsession/echosession"
)

// The session acts wherever it is mounted: before the routing, after it, on a group, on a route;
// and in each of these places at once it acts once.
func TestWhereItIsMounted(t *testing.T) {
	for name, mount := range map[string]func(s *site){
		"Pre": func(s *site) { s.echo.Pre(s.session) },
		"Use": func(s *site) { s.echo.Use(s.session) },
		"a group": func(s *site) {
			s.echo.Group("/group", s.session).GET("", ok)
		},
		"a route": func(s *site) { s.echo.GET("/group", ok, s.session) },
		"all": func(s *site) {
			s.echo.Pre(s.session)
			s.echo.Use(s.session)
			s.echo.Group("/group", s.session).GET("", ok, s.session)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.echo = s.router()
			s.Handler = s.echo
			s.echo.GET("/group", ok)
			mount(s)
			r, _ := http.NewRequest("GET", s.Start().URL+"/group", nil)
			s.Want(s.Send(r), 200, "body", 1)
			s.wantSaved("new")
			r, _ = http.NewRequest("GET", s.Start().URL+"/group/none", nil)
			s.Want(s.Send(r), 404, `{"message":"Not Found"}`+"\n", 0)
		})
	}
}

// A route of GET that Echo answers HEAD by sets the cookie there too.
func TestHeadOfAGet(t *testing.T) {
	s := newSite(t)
	router := echo.NewRouter(echo.RouterConfig{AutoHandleHEAD: true})
	e := echo.NewWithConfig(echo.Config{Router: router})
	e.GET("/page", ok, s.session)
	e.GET("/broken", func(c *echo.Context) error { set(c, "lost"); return errBroken }, s.session)
	s.Handler = e
	for path, want := range map[string]int{"/page": 200, "/broken": 500} {
		r, _ := http.NewRequest("HEAD", s.Start().URL+path, nil)
		a := s.Send(r)
		if a.Status != want || (len(a.Cookies()) == 1) != (want == 200) {
			t.Errorf("%s: %d with %v", path, a.Status, a.Header)
		}
	}
	s.wantSaved("new")
}

// The server removes the files of a form, which the handler has read from the request within.
func TestServerKnowsTheRequest(t *testing.T) {
	s := newSite(t)
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	file, _ := parts.CreateFormFile("f", "f.txt")
	_, _ = file.Write(bytes.Repeat([]byte("x"), 100_000))
	_ = parts.Close()
	var name string
	s.serve(func(c *echo.Context) error {
		if err := c.Request().ParseMultipartForm(1); err != nil {
			return err
		}
		opened, err := c.Request().MultipartForm.File["f"][0].Open()
		if err != nil {
			return err
		}
		defer opened.Close()
		name = opened.(*os.File).Name()
		return c.String(200, "")
	}, s.session, echosession.Handler(s.Other()), s.session)
	r, _ := http.NewRequest("POST", s.Start().URL+"/page", &form)
	r.Header.Set("Content-Type", parts.FormDataContentType())
	s.Want(s.Send(r), 200, "", 0)
	s.Start().Close() // the request is over, also for the server
	if _, err := os.Stat(name); name == "" || !os.IsNotExist(err) {
		t.Errorf("%q is still there: %v", name, err)
	}
}

// A handler can be tested with a Context that no server has made, and with one that has no Echo.
func TestHandlerOfATest(t *testing.T) {
	s := newSite(t)
	for name, c := range map[string]func(w http.ResponseWriter) *echo.Context{
		"an Echo": func(w http.ResponseWriter) *echo.Context {
			return echo.New().NewContext(httptest.NewRequest("GET", "/", nil), w)
		},
		"none": func(w http.ResponseWriter) *echo.Context {
			return echo.NewContext(httptest.NewRequest("GET", "/", nil), w)
		},
	} {
		w := httptest.NewRecorder()
		if err := s.session(ok)(c(w)); err != nil || w.Code != 200 || len(w.Result().Cookies()) != 1 {
			t.Errorf("%s: %v, %d", name, err, w.Code)
		}
		w = httptest.NewRecorder()
		broken := func(*echo.Context) error { return errBroken }
		if err := s.session(broken)(c(w)); err != errBroken || w.Code != 500 {
			t.Errorf("%s: %v, %d", name, err, w.Code)
		}
	}
	if saved := s.Saved(s.plugin); len(saved) != 2 {
		t.Errorf("saved %v", saved)
	}
}
