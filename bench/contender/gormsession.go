package contender

import (
	"log/slog"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/ginsession"
)

// gormSession is the library of this project.
func gormSession(tuned bool) func(*database.DB) (*Site, error) {
	return func(db *database.DB) (*Site, error) {
		plugin, err := Plugin(db, tuned)
		if err != nil {
			return nil, err
		}
		e := newEngine(ginsession.Handler(plugin))
		route(e, library{
			get:  func(c *gin.Context, name string) any { return ginsession.Get(c).Get(name) },
			set:  func(c *gin.Context, name string, v any) { ginsession.Get(c).Set(name, v) },
			save: savedAtTheEnd,
			increment: func(c *gin.Context, name string) int {
				return ginsession.Field[int](name).Modify(
					ginsession.Get(c), func(n int) int { return n + 1 })
			},
		})
		return &Site{Handler: e, Table: "web_sessions", KeyColumn: "session_key",
			RowKey: hash, Cookie: same}, nil
	}
}

// Plugin opens gormsession as it is measured: as it comes, but for the log, and the cleaning of
// expired rows, which none of the contenders does meanwhile.
func Plugin(
	db *database.DB, tuned bool, opts ...gormsession.Option,
) (*gormsession.Plugin, error) {
	g, err := db.GORM(tuned)
	if err != nil {
		return nil, err
	}
	return gormsession.New(g, append([]gormsession.Option{
		gormsession.WithCookieName(CookieName),
		gormsession.WithLifetime(Lifetime),
		gormsession.WithCleanup(0),
		gormsession.WithLogger(slog.New(slog.DiscardHandler)),
	}, opts...)...)
}
