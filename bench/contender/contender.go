// Package contender holds the ways to keep sessions that are measured beside each other: what a
// database costs at least, the libraries that others use, and gormsession.
package contender

import (
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/bench/database"
)

// A Contender is one way to keep sessions.
type Contender struct {
	Name   string
	Role   Role
	Config Config
	// Counts: it has a call of its own that counts exactly where requests meet.
	Counts bool
	// Open makes the contender's tables in a database that no other contender shares, and returns
	// its site.
	Open func(*database.DB) (*Site, error)
}

// Keeps tells whether the contender can keep a session of that size there. The table of
// wader/gormstore has a column of at most 64 KB on MariaDB, and so has that of scs.
func (c Contender) Keeps(k database.Kind, size string) bool {
	return c.Role != Peer || k != database.MariaDB || size != "64KB"
}

// Config is how GORM is configured.
type Config string

// The configurations. Tuned is PrepareStmt and SkipDefaultTransaction.
const (
	NoGORM  Config = ""
	Default Config = "default"
	Tuned   Config = "tuned"
)

// Role is the part that a contender plays in a comparison.
type Role int

// Bare knows no session. A Floor does by hand the least that a session in a database needs. A Peer
// is another library, and one OnRedis is too, but keeps its sessions there and not in the database.
const (
	Bare Role = iota
	Floor
	Peer
	Ours
	OnRedis
)

// The names that others refer to.
const (
	GinAlone     = "gin alone"
	FloorName    = "database/sql"
	OwnDefault   = "gormsession"
	OwnTuned     = "gormsession, tuned"
	PlainDefault = "GORM"
	PlainTuned   = "GORM, tuned"
	GinContrib   = "gin-contrib"
	SCSOnSQL     = "scs on SQL"
)

// All lists what takes part, in the order of the tables.
var All = []Contender{
	{Name: GinAlone, Role: Bare, Open: ginAlone},
	{Name: "database/sql, no context", Role: Floor, Open: rawSQL(false)},
	{Name: FloorName, Role: Floor, Open: rawSQL(true)},
	{Name: PlainDefault, Role: Floor, Config: Default, Open: rawGORM(false)},
	{Name: PlainTuned, Role: Floor, Config: Tuned, Open: rawGORM(true)},
	{Name: GinContrib, Role: Peer, Config: Default, Open: ginContrib(false)},
	{Name: "gin-contrib, tuned", Role: Peer, Config: Tuned, Open: ginContrib(true)},
	{Name: "gorilla", Role: Peer, Config: Default, Open: gorilla(false)},
	{Name: "gorilla, tuned", Role: Peer, Config: Tuned, Open: gorilla(true)},
	{Name: "scs on GORM", Role: Peer, Config: Default, Open: scsOnGORM(false)},
	{Name: "scs on GORM, tuned", Role: Peer, Config: Tuned, Open: scsOnGORM(true)},
	{Name: SCSOnSQL, Role: Peer, Open: scsOnSQL},
	{Name: OwnDefault, Role: Ours, Config: Default, Counts: true, Open: gormSession(false)},
	{Name: OwnTuned, Role: Ours, Config: Tuned, Counts: true, Open: gormSession(true)},
}

// AllOnRedis lists what takes part beside [All] where a Redis runs.
var AllOnRedis = []Contender{
	{Name: "gin-contrib on Redis", Role: OnRedis, Open: ginContribOnRedis},
	{Name: "scs on Redis", Role: OnRedis, Open: scsOnRedis},
}

// Named returns the contender of that name.
func Named(name string) (Contender, bool) {
	all := slices.Concat(All, AllOnRedis)
	i := slices.IndexFunc(all, func(c Contender) bool { return c.Name == name })
	if i < 0 {
		return Contender{}, false
	}
	return all[i], true
}

// A Site is an opened contender.
type Site struct {
	Handler http.Handler // serves the paths of each [Work]
	// Seeding clones a row of Table under new values of KeyColumn. Table is empty where no rows
	// are kept. In Redis, where there are no tables, RowKey is the whole key of a value.
	Table, KeyColumn string
	// RowKey is what KeyColumn holds for a session's key, and Cookie the value of its cookie.
	RowKey, Cookie func(key string) string
}

func same(key string) string { return key }

// CookieName is that of every contender's session cookie.
const CookieName = "session"

// Lifetime is that of every session.
const Lifetime = 14 * 24 * time.Hour

// newEngine returns gin with nothing but the given middleware, and a page that touches no session.
func newEngine(middleware ...gin.HandlerFunc) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.Use(middleware...)
	e.GET(Untouched.Path(""), func(c *gin.Context) { c.String(http.StatusOK, "ok") })
	return e
}

func ginAlone(*database.DB) (*Site, error) {
	return &Site{Handler: newEngine(), RowKey: same, Cookie: same}, nil
}
