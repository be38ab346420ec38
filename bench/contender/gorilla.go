package contender

import (
	"time"

	gcsessions "github.com/gin-contrib/sessions"
	gcgorm "github.com/gin-contrib/sessions/gorm"
	"github.com/gin-gonic/gin"
	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
	"github.com/wader/gormstore/v2"

	"github.com/seed7368b609/gormsession/bench/database"
)

var hashKey = []byte("an authentication key, 32 bytes.")

// gormstoreSite is what gin-contrib and gorilla share: the table and the signed cookie of
// wader/gormstore.
func gormstoreSite(e *gin.Engine, l library) *Site {
	route(e, l)
	codecs := securecookie.CodecsFromPairs(hashKey)
	return &Site{Handler: e, Table: "sessions", KeyColumn: "id", RowKey: same,
		Cookie: func(key string) string {
			v, err := securecookie.EncodeMulti(CookieName, key, codecs...)
			if err != nil {
				panic(err)
			}
			return v
		}}
}

// ginContrib is github.com/gin-contrib/sessions with its store for GORM.
func ginContrib(tuned bool) func(*database.DB) (*Site, error) {
	return func(db *database.DB) (*Site, error) {
		g, err := db.GORM(tuned)
		if err != nil {
			return nil, err
		}
		store := gcgorm.NewStore(g, false, hashKey)
		store.Options(ginContribCookie)
		// Without this it saves no session of 4 KB. The interface that NewStore returns hides it.
		store.(interface{ MaxLength(int) }).MaxLength(0)
		return ginContribSite(store), nil
	}
}

var ginContribCookie = gcsessions.Options{
	Path: "/", MaxAge: int(Lifetime / time.Second), HttpOnly: true,
}

func ginContribSite(store gcsessions.Store) *Site {
	return gormstoreSite(newEngine(gcsessions.Sessions(CookieName, store)), library{
		get:  func(c *gin.Context, name string) any { return gcsessions.Default(c).Get(name) },
		set:  func(c *gin.Context, name string, v any) { gcsessions.Default(c).Set(name, v) },
		save: func(c *gin.Context) error { return gcsessions.Default(c).Save() },
	})
}

// gorilla is gorilla/sessions with wader/gormstore, called by gin's handlers.
func gorilla(tuned bool) func(*database.DB) (*Site, error) {
	return func(db *database.DB) (*Site, error) {
		g, err := db.GORM(tuned)
		if err != nil {
			return nil, err
		}
		store := gormstore.New(g, hashKey)
		store.SessionOpts = &sessions.Options{
			Path: "/", MaxAge: int(Lifetime / time.Second), HttpOnly: true,
		}
		store.MaxLength(0)
		session := func(c *gin.Context) *sessions.Session {
			s, _ := store.Get(c.Request, CookieName) // It gives a session with each error.
			return s
		}
		return gormstoreSite(newEngine(), library{
			get:  func(c *gin.Context, name string) any { return session(c).Values[name] },
			set:  func(c *gin.Context, name string, v any) { session(c).Values[name] = v },
			save: func(c *gin.Context) error { return session(c).Save(c.Request, c.Writer) },
		}), nil
	}
}
