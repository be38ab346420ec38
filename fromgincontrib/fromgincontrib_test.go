package fromgincontrib_test

import (
	"net/http"
	"os"
	"reflect"
	"testing"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	gormstore "github.com/gin-contrib/sessions/gorm"
	"github.com/gin-gonic/gin"
	"github.com/gorilla/securecookie"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/fromgincontrib"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/movetest"
	"github.com/seed7368b609/gormsession/movein"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode) // routes are not worth printing
	os.Exit(dbtest.Main(m))
}

var hashKey = []byte("an authentication key, 32 bytes.")

const name = "mysession"

// oldSite is the site on gin-contrib/sessions.
func oldSite(store sessions.Store) http.Handler {
	engine := gin.New()
	engine.Use(sessions.Sessions(name, store))
	engine.Any("/*page", func(c *gin.Context) {
		movetest.AnswerOld(c.Writer, c.Request, oldSession{sessions.Default(c)})
	})
	return engine
}

type oldSession struct{ sessions.Session }

func (s oldSession) Get(name string) any        { return s.Session.Get(name) }
func (s oldSession) Set(name string, value any) { s.Session.Set(name, value) }

// Visitors of a site on gin-contrib/sessions move with it, whatever its store.
func TestMoveFromGinContrib(t *testing.T) {
	stores := map[string]func(t *testing.T, db *gorm.DB) (store sessions.Store, expire func()){
		"cookie": func(*testing.T, *gorm.DB) (sessions.Store, func()) {
			store := cookie.NewStore(hashKey)
			return store, func() {
				codecs := reflect.ValueOf(store).Elem().FieldByName("Codecs").Interface()
				for _, codec := range codecs.([]securecookie.Codec) {
					codec.(*securecookie.SecureCookie).MaxAge(-10)
				}
			}
		},
		"gorm": func(t *testing.T, db *gorm.DB) (sessions.Store, func()) {
			return gormstore.NewStore(db, false, hashKey), func() {
				if err := db.Exec("UPDATE sessions SET expires_at = '2020-01-01'").Error; err != nil {
					t.Fatal(err)
				}
			}
		},
	}
	for label, open := range stores {
		t.Run(label, func(t *testing.T) {
			movetest.Run(t, func(t *testing.T) movetest.Move {
				db := dbtest.New(t, dbtest.SQLite).Open(t)
				store, expire := open(t, db)
				return movetest.Move{
					Cookie: name, Old: oldSite(store), DB: db, Expire: expire,
					Remembers: label == "cookie",
					New: func(t *testing.T, p *gormsession.Plugin, c movein.Config) http.Handler {
						takeOver, err := fromgincontrib.New(db, p, store, name, c)
						if err != nil {
							t.Fatal(err)
						}
						engine := gin.New()
						engine.Use(ginsession.Handler(p), takeOver)
						engine.Any("/*page", func(c *gin.Context) {
							movetest.Answer(c.Writer, c.Request, ginsession.Get(c))
						})
						return engine
					},
				}
			})
		})
	}
}
