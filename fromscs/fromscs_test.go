package fromscs_test

import (
	"context"
	"net/http"
	"os"
	"testing"

	"github.com/alexedwards/scs/gormstore"
	"github.com/alexedwards/scs/postgresstore"
	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/fromscs"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/movetest"
	"github.com/seed7368b609/gormsession/movein"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// oldSite is the site on scs.
func oldSite(manager *scs.SessionManager) http.Handler {
	return manager.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		movetest.AnswerOld(w, r, oldSession{manager, r.Context()})
	}))
}

type oldSession struct {
	manager *scs.SessionManager
	ctx     context.Context
}

func (s oldSession) Get(name string) any        { return s.manager.Get(s.ctx, name) }
func (s oldSession) Set(name string, value any) { s.manager.Put(s.ctx, name, value) }
func (s oldSession) Save() error                { return nil } // LoadAndSave does

// A stored manager has its sessions in one of the stores of scs.
type stored struct {
	kind  dbtest.Kind
	open  func(t *testing.T, db *gorm.DB) scs.Store
	older string // the statement that has all sessions be expired
}

var stores = map[string]stored{
	"gormstore": {dbtest.SQLite, onGORM, "UPDATE sessions SET expiry = '2020-01-01'"},
	// which finds a token in capitals, too
	"gormstore on MariaDB": {dbtest.MariaDB, onGORM, "UPDATE sessions SET expiry = '2020-01-01'"},
	"sqlite3store": {
		dbtest.SQLite,
		func(t *testing.T, db *gorm.DB) scs.Store {
			execute(t, db, "CREATE TABLE sessions "+
				"(token TEXT PRIMARY KEY, data BLOB NOT NULL, expiry REAL NOT NULL)")
			pool, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			return sqlite3store.NewWithCleanupInterval(pool, 0)
		},
		"UPDATE sessions SET expiry = julianday('2020-01-01')",
	},
	"postgresstore": {
		dbtest.Postgres,
		func(t *testing.T, db *gorm.DB) scs.Store {
			execute(t, db, "CREATE TABLE sessions "+
				"(token TEXT PRIMARY KEY, data BYTEA NOT NULL, expiry TIMESTAMPTZ NOT NULL)")
			pool, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			return postgresstore.NewWithCleanupInterval(pool, 0)
		},
		"UPDATE sessions SET expiry = '2020-01-01'",
	},
}

func onGORM(t *testing.T, db *gorm.DB) scs.Store {
	store, err := gormstore.NewWithCleanupInterval(db, 0)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func execute(t *testing.T, db *gorm.DB, statement string) {
	t.Helper()
	if err := db.Exec(statement).Error; err != nil {
		t.Fatal(err)
	}
}

// Visitors of a site on scs move with it, whatever its store, also where that hashes the tokens.
func TestMoveFromSCS(t *testing.T) {
	for label, in := range stores {
		t.Run(label, func(t *testing.T) {
			movetest.Run(t, func(t *testing.T) movetest.Move {
				db := dbtest.New(t, in.kind).Open(t)
				manager := scs.New()
				manager.Store = in.open(t, db)
				manager.HashTokenInStore = label == "sqlite3store"
				return movetest.Move{
					Cookie: manager.Cookie.Name, Old: oldSite(manager), DB: db,
					Expire: func() { execute(t, db, in.older) },
					New: func(t *testing.T, p *gormsession.Plugin, c movein.Config) http.Handler {
						bridge, err := fromscs.New(db, p, manager, c)
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
