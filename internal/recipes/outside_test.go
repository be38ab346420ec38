package recipes

import (
	"context"
	"net"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

// A worker leaves its result in the session that has ordered it, and brings none back that has
// ended meanwhile.
func TestWorker(t *testing.T) {
	db := database(t)
	plugin := must(gormsession.New(db))(t)
	jobs := make(chan string, 1)
	visitor := site(t, plugin, func(r *gin.Engine) {
		r.POST("/report", orderReport(jobs))
		r.GET("/report", func(c *gin.Context) {
			c.String(http.StatusOK, report.Or(ginsession.Get(c), "none"))
		})
	})
	ann, bob := visitor.Another(), visitor.Another()
	want(t, post(t, ann, "/report"), "202 ")
	want(t, get(t, ann, "/report"), "is being made")
	if err := work(t.Context(), plugin, <-jobs, func() string { return "all is well" }); err != nil {
		t.Error(err)
	}
	want(t, get(t, ann, "/report"), "all is well")

	post(t, bob, "/report")
	before := rows(t, db)
	if err := work(t.Context(), plugin, <-jobs, func() string {
		post(t, bob, "/logout")
		return "too late"
	}); err != nil {
		t.Error(err)
	}
	want(t, get(t, bob, "/report"), "none")
	if n := rows(t, db); n != before-1 {
		t.Errorf("%d sessions are left of %d", n, before)
	}
}

// A nightly job deletes what has expired, and nothing else.
func TestCron(t *testing.T) {
	db, clock := database(t), sessiontest.NewClock()
	opts := []gormsession.Option{clock.Option(), gormsession.WithCleanup(0)}
	visitor := site(t, must(gormsession.New(db, opts...))(t), nil)
	visitor.Another().LogIn(41)
	visitor.Another().LogIn(42)
	clock.Advance(13 * 24 * time.Hour)
	ann := visitor.Another().LogIn(43)
	clock.Advance(2 * 24 * time.Hour)
	n, err := clearExpired(t.Context(), db, opts...)
	if n != 2 || err != nil || rows(t, db) != 1 {
		t.Errorf("it has deleted %d, %v, and %d are left", n, err, rows(t, db))
	}
	want(t, get(t, ann, "/account"), "user 43")
}

// A server that is told to stop answers the requests that run, whose sessions are saved, and the
// next server has them.
func TestShutdown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.db")
	arrived, goOn := make(chan bool), make(chan bool)
	server, url, stop, ended := start(t, file, func(r *gin.Engine) {
		r.GET("/slow", func(c *gin.Context) {
			close(arrived)
			<-goOn
			ginsession.Get(c).Set("name", "Ann")
		})
	})
	closing := make(chan bool)
	server.RegisterOnShutdown(func() { close(closing) })
	browser := &http.Client{Jar: must(cookiejar.New(nil))(t)}
	answered := make(chan string)
	go func() {
		response, err := browser.Get(url + "/slow")
		if err != nil {
			answered <- err.Error()
			return
		}
		response.Body.Close()
		answered <- response.Status
	}()
	<-arrived
	stop()
	<-closing
	close(goOn)
	want(t, <-answered, "200 OK")
	if err := <-ended; err != nil {
		t.Error(err)
	}

	_, url, stop, ended = start(t, file, func(r *gin.Engine) {
		r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "%v", ginsession.Get(c).Get("name")) })
	})
	want(t, answer(t, must(browser.Get(url+"/"))(t)), "Ann")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// start serves routes by the recipe, on a database in a file.
func start(t *testing.T, file string, routes func(r *gin.Engine)) (
	server *http.Server, url string, stop func(), ended chan error,
) {
	t.Helper()
	db := must(gorm.Open(sqlite.Open(file + "?_journal_mode=WAL&_busy_timeout=4000")))(t)
	r := gin.New()
	r.Use(ginsession.New(db, gormsession.WithCleanup(0)))
	routes(r)
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	server = &http.Server{Handler: r}
	ctx, stop := context.WithCancel(t.Context())
	ended = make(chan error, 1)
	go func() { ended <- serve(ctx, server, listener, db) }()
	return server, "http://" + listener.Addr().String(), stop, ended
}
