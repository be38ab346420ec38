package application

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// A Page is what a session holds, as a page shows it.
type Page struct {
	N     int    // counts
	A, B  int    // are always set together
	X     string // is set
	Token string // is taken, once
	User  string
	Own   map[string]int // entries of one client each
}

var (
	n     = gormsession.Field[int]("n")
	a     = gormsession.Field[int]("a")
	b     = gormsession.Field[int]("b")
	x     = gormsession.Field[string]("x")
	token = gormsession.Field[string]("token")
)

// born is in each session that a page has made: who comes without it has none.
const born = "born"

func (a *application) engine() *gin.Engine {
	r := gin.New()
	r.GET("/status", a.status)
	r.GET("/hold", a.hold)
	r.GET("/release", func(c *gin.Context) { a.held.release(); c.Status(http.StatusOK) })
	r.GET("/clear", a.clear)
	pages := r.Group("/", ginsession.Handler(a.plugin))
	pages.POST("/untouched", func(c *gin.Context) { c.Status(http.StatusOK) })
	pages.POST("/start", start)
	for path, page := range map[string]func(c *gin.Context, s *gormsession.State){
		"/read":      func(*gin.Context, *gormsession.State) {},
		"/increment": func(_ *gin.Context, s *gormsession.State) { n.Modify(s, plus(1)) },
		"/decrement": func(_ *gin.Context, s *gormsession.State) { n.Modify(s, plus(-1)) },
		"/pair":      pair,
		"/set":       func(c *gin.Context, s *gormsession.State) { x.Set(s, c.Query("x")) },
		"/own":       own,
		"/put":       func(c *gin.Context, s *gormsession.State) { token.Set(s, c.Query("token")) },
		"/login":     func(c *gin.Context, s *gormsession.State) { s.LogIn(c.Query("user")) },
		"/extend":    func(_ *gin.Context, s *gormsession.State) { s.SetExpiry(3 * time.Hour) },
		"/logout":    func(_ *gin.Context, s *gormsession.State) { s.LogOut() },
	} {
		pages.POST(path, owned(page))
	}
	pages.POST("/take", take)
	return r
}

// owned is a page of a session that is there. With save=1 it is saved before it is shown.
func owned(page func(c *gin.Context, s *gormsession.State)) gin.HandlerFunc {
	return func(c *gin.Context) {
		s := ginsession.Get(c)
		if !s.Has(born) {
			gone(c)
			return
		}
		page(c, s)
		if c.Query("save") != "" {
			if err := s.Save(); err != nil {
				answer(c.Writer, statusOf(err), OutcomeOf(err))
				return
			}
		}
		show(c, s)
	}
}

func gone(c *gin.Context) { answer(c.Writer, http.StatusGone, Gone) }

func show(c *gin.Context, s *gormsession.State) {
	shown := Page{
		N: n.Or(s, 0), A: a.Or(s, 0), B: b.Or(s, 0), X: x.Or(s, ""), Token: token.Or(s, ""),
		User: s.UserID(), Own: map[string]int{},
	}
	for name := range s.All() {
		if len(name) > len(ownPrefix) && name[:len(ownPrefix)] == ownPrefix {
			shown.Own[name[len(ownPrefix):]] = gormsession.Field[int](name).Or(s, 0)
		}
	}
	c.Header(OutcomeField, string(Done))
	c.JSON(http.StatusOK, shown)
}

func start(c *gin.Context) {
	s := ginsession.Get(c)
	s.Set(born, c.Query("born"))
	s.Set(string(n), 0)
	if size, _ := strconv.Atoi(c.Query("size")); size > 0 {
		s.Set("filling", strings.Repeat("x", size))
	}
	if user := c.Query("user"); user != "" {
		s.LogIn(user)
	}
	show(c, s)
}

func plus(d int) func(int) int { return func(n int) int { return n + d } }

func pair(c *gin.Context, s *gormsession.State) {
	v, _ := strconv.Atoi(c.Query("v"))
	a.Set(s, v)
	b.Set(s, v)
}

const ownPrefix = "own "

func own(c *gin.Context, s *gormsession.State) {
	v, _ := strconv.Atoi(c.Query("v"))
	s.Set(ownPrefix+c.Query("client"), v)
}

// take shows the token to whom it is given.
func take(c *gin.Context) {
	s := ginsession.Get(c)
	if !s.Has(born) {
		gone(c)
		return
	}
	taken, _ := token.Take(s)
	c.Header(OutcomeField, string(Done))
	c.JSON(http.StatusOK, Page{Token: taken})
}

// A Status is what a process that serves nobody has to have nothing of.
type Status struct {
	Ours  int // goroutines of the library's
	InUse int // connections
}

func (a *application) status(c *gin.Context) {
	pool, err := a.db.DB()
	if err != nil {
		c.String(http.StatusInternalServerError, err.Error())
		return
	}
	c.JSON(http.StatusOK, Status{Ours: ours(), InUse: pool.Stats().InUse})
}

// ours counts the goroutines in which there is anything of the library's, or which it has begun.
func ours() (n int) {
	stacks := make([]byte, 8<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "/gormsession") && !strings.Contains(stack, "internal/faults") {
			n++
		}
	}
	return n
}

// held are transactions of the application's own that keep connections.
type held struct {
	mu  sync.Mutex
	all []*gorm.DB
}

func (a *application) hold(c *gin.Context) {
	a.held.mu.Lock()
	defer a.held.mu.Unlock()
	for range a.settings.Conns {
		a.held.all = append(a.held.all, a.db.Begin())
	}
	c.Status(http.StatusOK)
}

func (h *held) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, tx := range h.all {
		tx.Rollback()
	}
	h.all = nil
}

// clear clears what has expired, and shows how much that was.
func (a *application) clear(c *gin.Context) {
	cleared, err := a.plugin.ClearExpired(context.WithoutCancel(c.Request.Context()))
	if err != nil {
		c.String(http.StatusServiceUnavailable, "%+v", err)
		return
	}
	c.JSON(http.StatusOK, cleared)
}
