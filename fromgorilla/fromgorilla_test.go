package fromgorilla_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
	"github.com/wader/gormstore/v2"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/fromgorilla"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/movetest"
	"github.com/seed7368b609/gormsession/movein"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

var (
	hashKey  = []byte("an authentication key, 32 bytes.")
	blockKey = []byte("an encryption key of 32 bytes...")
)

const name = "shop"

// oldSite is the site on gorilla/sessions.
func oldSite(store sessions.Store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := store.Get(r, name) // it gives a session with each error
		movetest.AnswerOld(w, r, oldSession{session, r, w})
	})
}

type oldSession struct {
	session *sessions.Session
	r       *http.Request
	w       http.ResponseWriter
}

func (s oldSession) Get(name string) any        { return s.session.Values[name] }
func (s oldSession) Set(name string, value any) { s.session.Values[name] = value }
func (s oldSession) Save() error                { return s.session.Save(s.r, s.w) }

// tooOld has codecs take what they have made for too old.
func tooOld(codecs []securecookie.Codec) {
	for _, codec := range codecs {
		codec.(*securecookie.SecureCookie).MaxAge(-10)
	}
}

// Visitors of a site on gorilla/sessions move with it, whatever its store.
func TestMoveFromGorilla(t *testing.T) {
	stores := map[string]func(t *testing.T, db *gorm.DB) (store sessions.Store, expire func()){
		"CookieStore": func(*testing.T, *gorm.DB) (sessions.Store, func()) {
			store := sessions.NewCookieStore(hashKey, blockKey)
			return store, func() { tooOld(store.Codecs) }
		},
		"FilesystemStore": func(t *testing.T, _ *gorm.DB) (sessions.Store, func()) {
			dir := t.TempDir()
			store := sessions.NewFilesystemStore(dir, hashKey)
			return store, func() {
				files, err := filepath.Glob(filepath.Join(dir, "session_*"))
				for _, file := range files {
					err = os.Remove(file)
				}
				if err != nil || len(files) == 0 {
					t.Fatal(err, files)
				}
			}
		},
		"gormstore": func(t *testing.T, db *gorm.DB) (sessions.Store, func()) {
			return gormstore.New(db, hashKey), func() {
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
					Remembers: label == "CookieStore",
					New: func(t *testing.T, p *gormsession.Plugin, c movein.Config) http.Handler {
						bridge, err := fromgorilla.New(db, p, store, name, c)
						if err != nil {
							t.Fatal(err)
						}
						return httpsession.Handler(p)(bridge.Handler(http.HandlerFunc(
							func(w http.ResponseWriter, r *http.Request) {
								movetest.Answer(w, r, httpsession.Get(r))
							})))
					},
				}
			})
		})
	}
}

// Messages that wait come over: those without a name are Flash's, and others are a list of that
// name, as docs/from-gorilla.md has it.
func TestMessagesComeOver(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	store := sessions.NewCookieStore(hashKey)
	plugin, err := gormsession.New(db, gormsession.WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	bridge, err := fromgorilla.New(db, plugin, store, name, movein.Config{})
	if err != nil {
		t.Fatal(err)
	}
	before := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	session, _ := store.Get(r, name)
	session.AddFlash("saved")
	session.AddFlash("too short", "errors")
	if err := session.Save(r, before); err != nil {
		t.Fatal(err)
	}

	const errs = httpsession.Field[[]string]("errors")
	r = httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(before.Result().Cookies()[0])
	httpsession.Handler(plugin)(bridge.Handler(http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) {
			s := httpsession.Get(r)
			all := errs.Modify(s, func(all []string) []string { return append(all, "too long") })
			popped, ok := errs.Pop(s)
			if got := fmt.Sprint(s.Flashes(), all, popped, ok, s.Len()); got !=
				"[saved] [too short too long] [too short too long] true 0" {
				t.Errorf("the session holds %s", got)
			}
		}))).ServeHTTP(httptest.NewRecorder(), r)
}
