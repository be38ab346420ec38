package ginsession_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"testing"

	gingzip "github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// forward begins the request again on another route.
func (s *site) forward(c *gin.Context, path string) {
	c.Request.URL.Path = path
	s.engine.HandleContext(c)
}

// HandleContext goes on with the session and the response as they are, and the
// cookie is on the response that the second run ends.
func TestHandleContext(t *testing.T) {
	target := func(c *gin.Context) { c.String(201, "target:%v", ginsession.Get(c).Get("k")) }
	for _, test := range []struct {
		name    string
		handler func(s *site, c *gin.Context)
		path    string
		target  gin.HandlerFunc
		status  int
		body    string
		saved   string
	}{
		{"with Get before it", func(s *site, c *gin.Context) { set(c, "new"); s.forward(c, "/target") },
			"/target", target, 201, "target:new", "new"},
		{"without", func(s *site, c *gin.Context) { s.forward(c, "/target") },
			"/target", func(c *gin.Context) { set(c, "new"); target(c) }, 201, "target:new", "new"},
		{"with From before it", func(s *site, c *gin.Context) {
			session, _ := ginsession.From(c)
			session.Set("k", "new")
			s.forward(c, "/target")
		}, "/target", target, 201, "target:new", "new"},
		{"with a body before it", func(s *site, c *gin.Context) {
			c.String(202, "first ")
			set(c, "new")
			s.forward(c, "/target")
		},
			"/target", target, 202, "first target:new", "new"},
		{"with a status before it", func(s *site, c *gin.Context) {
			set(c, "new")
			c.Status(203)
			s.forward(c, "/target")
		},
			"/target", func(c *gin.Context) { target(c); c.Status(204) }, 201, "target:new", "new"},
		{"with a change in both", func(s *site, c *gin.Context) {
			set(c, "first")
			s.forward(c, "/target")
		},
			"/target", func(c *gin.Context) {
				set(c, "second")
				c.String(200, "target")
			}, 200, "target", "second"},
		{"to a handler that writes nothing", func(s *site, c *gin.Context) {
			set(c, "new")
			c.Status(202)
			s.forward(c, "/target")
		},
			"/target", func(c *gin.Context) {}, 202, "", "new"},
		{"to an unknown route", func(s *site, c *gin.Context) {
			set(c, "new")
			c.Status(202)
			s.forward(c, "/nowhere")
		},
			"/target", target, 404, "404 page not found", "new"},
		{"to an unknown route after a body", func(s *site, c *gin.Context) {
			set(c, "new")
			_, _ = c.Writer.WriteString("body")
			s.forward(c, "/nowhere")
		},
			"/target", target, 200, "body", "new"},
		{"with a change after it", func(s *site, c *gin.Context) {
			set(c, "new")
			s.forward(c, "/target")
			set(c, "late")
		},
			"/target", target, 201, "target:new", "late"},
		{"twice", func(s *site, c *gin.Context) { set(c, "new"); s.forward(c, "/via") },
			"/target", target, 201, "target:new", "new"},
		{"with a Flush", func(s *site, c *gin.Context) { set(c, "new"); s.forward(c, "/target") },
			"/target", func(c *gin.Context) {
				c.Writer.Flush()
				set(c, "late")
				c.String(200, "body")
			}, 200, "body", "late"},
	} {
		t.Run(test.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.engine.Use(gin.Recovery(), func(c *gin.Context) {
					if c.Request.URL.Path == "/" {
						_ = c.Error(sitetest.ErrDisk) // which gin forgets
					}
				}, s.session)
				s.engine.GET("/", func(c *gin.Context) { test.handler(s, c) })
				s.engine.GET("/via", func(c *gin.Context) { s.forward(c, "/target") })
				s.engine.GET(test.path, test.target)
				a := s.get("/")
				s.want(a, test.status, test.body, 1)
				s.wantSaved(test.saved)
				if len(a.errors) != 0 {
					t.Errorf("c.Errors holds %v", a.errors)
				}
			})
		})
	}
}

func TestHandleContextPanics(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		login := s.login()
		s.engine.Use(gin.Recovery(), s.session)
		s.engine.GET("/",
			func(c *gin.Context) {
				set(c, "new")
				c.String(200, "body")
				s.forward(c, "/target")
				set(c, "late")
			})
		s.engine.GET("/target", func(c *gin.Context) { panic("no") })
		s.want(s.get("/", login), 500, "", 0)
		s.wantSaved("old")
	})
}

func TestHandleContextSaveFails(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.BreakWrites()
		s.engine.Use(s.session)
		s.engine.GET("/", func(c *gin.Context) { set(c, "new"); s.forward(c, "/target") })
		s.engine.GET("/target", func(c *gin.Context) { c.String(200, "body") })
		a := s.get("/")
		s.want(a, 503, "Service Unavailable\n", 0)
		s.wantFailed(a, gormsession.ErrUnavailable)
	})
}

// The route that is gone on with may lie outside of the middleware's group: its
// response leaves without us.
func TestHandleContextOutOfTheGroup(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		login := s.login()
		s.engine.GET("/", s.session, func(c *gin.Context) { set(c, "new"); s.forward(c, "/target") })
		s.engine.GET("/target", func(c *gin.Context) { c.String(200, "target") })
		s.want(s.get("/", login), 200, "target", 0)
		s.wantSaved("new")

		a := s.get("/")
		s.want(a, 200, "target", 0)
		s.wantError(a.outcome, gormsession.ErrHeaderSent)
	})
}

// A compressor inside says the length of the answer, and ends another body once the first run is
// over: that is added to nothing.
func TestHandleContextWithinACompressor(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.engine.Use(s.session, gingzip.Gzip(gingzip.DefaultCompression))
		s.engine.GET("/", func(c *gin.Context) { set(c, "new"); s.forward(c, "/target") })
		s.engine.GET("/target", func(c *gin.Context) { c.String(201, "target") })
		s.want(s.get("/"), 201, "target", 1)
		s.wantSaved("new")
	})
}

// A middleware outside may begin the request again when we are through with it:
// that is a request of its own for us.
func TestHandleContextAfterTheEnd(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		login := s.login()
		s.engine.Use(func(c *gin.Context) {
			if c.Request.URL.Path == "/" {
				c.Next()
				s.forward(c, "/target")
			}
		}, s.session)
		s.engine.GET("/", func(c *gin.Context) { ginsession.Get(c).Get("k") })
		s.engine.GET("/target", func(c *gin.Context) { set(c, "new"); c.String(200, "target") })
		s.want(s.get("/", login), 200, "target", 1)
		s.wantSaved("new")
	})
}

// The files of a form are removed although the request has been replaced: net/http
// looks at the one that it knows.
func TestMultipartForm(t *testing.T) {
	for name, again := range map[string]bool{"plain": false, "with HandleContext": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			each(t, func(t *testing.T, s *site) {
				s.engine.MaxMultipartMemory = 1
				s.engine.Use(s.session)
				read := func(c *gin.Context) {
					form, err := c.MultipartForm()
					if err != nil {
						t.Error(err)
						return
					}
					if files, _ := filepath.Glob(filepath.Join(dir, "multipart-*")); len(files) == 0 {
						t.Error("the form is not in a file, and nothing is tested")
					}
					set(c, form.Value["k"][0])
					c.String(200, form.File["f"][0].Filename)
				}
				s.engine.POST("/", func(c *gin.Context) {
					ginsession.Get(c)
					if again {
						s.forward(c, "/target")
					} else {
						read(c)
					}
				})
				s.engine.POST("/target", read)
				var body bytes.Buffer
				form := multipart.NewWriter(&body)
				_ = form.WriteField("k", "new")
				file, _ := form.CreateFormFile("f", "a.txt")
				_, _ = file.Write(bytes.Repeat([]byte("x"), 20<<20))
				_ = form.Close()
				s.want(s.send("POST", "/", func(r *http.Request) {
					r.Body = io.NopCloser(&body)
					r.Header.Set("Content-Type", form.FormDataContentType())
				}), 200, "a.txt", 1)
				s.wantSaved("new")
				s.Start().Close() // waits for the server's end of the request
				if files, _ := filepath.Glob(filepath.Join(dir, "multipart-*")); len(files) != 0 {
					t.Errorf("%s was left behind", files)
				}
			})
		})
	}
}
