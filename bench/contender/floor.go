package contender

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// rows is the storage of a floor.
type rows interface {
	read(ctx context.Context, key string) ([]byte, error)
	update(ctx context.Context, key string, data []byte) error
	create(ctx context.Context, key string, data []byte) error
}

// entries is a session of a floor.
type entries map[string]any

// floorSite serves each [Work] by pages that do the least that a session in a database needs.
func floorSite(r rows) *Site {
	e := newEngine()
	for size, text := range texts {
		e.GET(Create.Path(size), func(c *gin.Context) {
			key := rand.Text()
			data, err := json.Marshal(entries{"uid": uid, "n": 0, "text": text})
			if err == nil {
				err = r.create(c.Request.Context(), key, data)
			}
			if err == nil {
				setCookie(c, key)
			}
			answer(c, "ok", err)
		})
	}
	// loaded makes a page of one that is given the session.
	loaded := func(page func(c *gin.Context, key string, m entries)) gin.HandlerFunc {
		return func(c *gin.Context) {
			var m entries
			key, err := c.Cookie(CookieName)
			if err != nil {
				anonymous(c)
				return
			}
			data, err := r.read(c.Request.Context(), key)
			if err == nil && data != nil {
				err = json.Unmarshal(data, &m)
			}
			switch {
			case err != nil:
				answer(c, "", err)
			case m["uid"] == nil:
				anonymous(c)
			default:
				page(c, key, m)
			}
		}
	}
	e.GET(Read.Path(""), loaded(func(c *gin.Context, _ string, m entries) {
		answer(c, strconv.Itoa(number(m["uid"])), nil)
	}))
	write := loaded(func(c *gin.Context, key string, m entries) {
		n := number(m["n"]) + 1
		m["n"] = n
		data, err := json.Marshal(m)
		if err == nil {
			err = r.update(c.Request.Context(), key, data)
		}
		answer(c, strconv.Itoa(n), err)
	})
	e.GET(ReadWrite.Path(""), write)
	e.GET(Modify.Path(""), write)
	e.GET(entriesPath, loaded(func(c *gin.Context, _ string, m entries) {
		text, _ := m["text"].(string)
		show(c, number(m["uid"]), number(m["n"]), len(text))
	}))
	return &Site{Handler: e, Table: "raw_sessions", KeyColumn: "skey", RowKey: same, Cookie: same}
}

func setCookie(c *gin.Context, key string) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: CookieName, Value: key, Path: "/", MaxAge: int(Lifetime / time.Second),
		Expires: time.Now().Add(Lifetime), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
