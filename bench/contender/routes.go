package contender

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
)

// library is what the pages ask of a session library. save is called once, after the last set and
// before the body is written.
type library struct {
	get  func(c *gin.Context, name string) any
	set  func(c *gin.Context, name string, value any)
	save func(c *gin.Context) error
	// increment is a call that counts exactly, nil where the library has none.
	increment func(c *gin.Context, name string) int
}

// savedAtTheEnd is the save of a library that saves by itself.
func savedAtTheEnd(*gin.Context) error { return nil }

// route serves each [Work] on e by a session library.
func route(e *gin.Engine, l library) {
	for size, text := range texts {
		e.GET(Create.Path(size), func(c *gin.Context) {
			l.set(c, "uid", uid)
			l.set(c, "n", 0)
			l.set(c, "text", text)
			answer(c, "ok", l.save(c))
		})
	}
	e.GET(Read.Path(""), func(c *gin.Context) {
		id := l.get(c, "uid")
		if id == nil {
			anonymous(c)
			return
		}
		answer(c, strconv.Itoa(number(id)), nil)
	})
	write := func(c *gin.Context) {
		n := number(l.get(c, "n")) + 1
		l.set(c, "n", n)
		answer(c, strconv.Itoa(n), l.save(c))
	}
	e.GET(ReadWrite.Path(""), write)
	if l.increment != nil {
		write = func(c *gin.Context) { answer(c, strconv.Itoa(l.increment(c, "n")), nil) }
	}
	e.GET(Modify.Path(""), write)
	e.GET(entriesPath, func(c *gin.Context) {
		text, _ := l.get(c, "text").(string)
		show(c, number(l.get(c, "uid")), number(l.get(c, "n")), len(text))
	})
}

func answer(c *gin.Context, body string, err error) {
	if err != nil {
		c.String(http.StatusInternalServerError, err.Error())
		return
	}
	c.String(http.StatusOK, body)
}

func anonymous(c *gin.Context) { c.String(http.StatusUnauthorized, "anonymous") }

func show(c *gin.Context, uid, n, length int) {
	c.String(http.StatusOK, fmt.Sprintf("%d %d %d", uid, n, length))
}

// number reads a number that went through gob or JSON.
func number(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case int64:
		return int(n)
	case float64:
		return int(n)
	}
	return 0
}
