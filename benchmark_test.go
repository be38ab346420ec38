package gormsession_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Each benchmark has a floor beside it, in the same run: a gin handler that does the least that a
// session needs by prepared statements of database/sql. What a session costs is the difference.

// benchEach runs two handlers behind gin on each database; the floor has no middleware of ours.
func benchEach(
	b *testing.B, page func(*gin.Context),
	floor func(b *testing.B, pool *sql.DB, kind dbtest.Kind, key string) func(*gin.Context),
) {
	for _, kind := range dbtest.Kinds {
		b.Run(string(kind), func(b *testing.B) {
			db := dbtest.New(b, kind).Open(b)
			plugin, err := gormsession.New(db)
			if err != nil {
				b.Fatal(err)
			}
			state, err := plugin.Open(context.Background(), "")
			if err != nil {
				b.Fatal(err)
			}
			state.SetAll(map[string]any{"name": "Ann", "cart": strings.Repeat("a", 400), "n": 0})
			if err := state.Save(); err != nil {
				b.Fatal(err)
			}
			pool, err := db.DB()
			if err != nil {
				b.Fatal(err)
			}
			b.Run("floor",
				func(b *testing.B) { benchServe(b, state.Key(), floor(b, pool, kind, state.Key())) })
			b.Run("session",
				func(b *testing.B) { benchServe(b, state.Key(), ginsession.Handler(plugin), page) })
		})
	}
}

func benchServe(b *testing.B, key string, handlers ...gin.HandlerFunc) {
	engine := gin.New()
	engine.GET("/", handlers...)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Cookie", "session="+key)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if engine.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

func BenchmarkUntouched(b *testing.B) {
	untouched := func(c *gin.Context) { c.String(http.StatusOK, "hello") }
	benchEach(b, untouched,
		func(*testing.B, *sql.DB, dbtest.Kind, string) func(*gin.Context) { return untouched })
}

func BenchmarkRead(b *testing.B) {
	readName := func(c *gin.Context) { c.JSON(http.StatusOK, ginsession.Get(c).Get("name")) }
	benchEach(b, readName, func(
		b *testing.B, pool *sql.DB, kind dbtest.Kind, key string,
	) func(*gin.Context) {
		read := floorRead(b, pool, kind, key)
		return func(c *gin.Context) { c.String(http.StatusOK, read(c.Request.Context())) }
	})
}

func BenchmarkWrite(b *testing.B) {
	page := func(c *gin.Context) {
		n := gormsession.Field[int]("n").Modify(ginsession.Get(c), func(n int) int { return n + 1 })
		c.String(http.StatusOK, strconv.Itoa(n))
	}
	benchEach(b, page, func(
		b *testing.B, pool *sql.DB, kind dbtest.Kind, key string,
	) func(*gin.Context) {
		read := floorRead(b, pool, kind, key)
		update := prepare(b, pool, kind, "UPDATE web_sessions SET session_data = ? WHERE session_key = ?")
		named, n := stored(key), 0
		return func(c *gin.Context) {
			ctx := c.Request.Context()
			text := read(ctx)
			tx, err := pool.BeginTx(ctx, nil)
			if err != nil {
				b.Fatal(err)
			}
			n++ // another text each time
			if _, err := tx.StmtContext(ctx, update).ExecContext(ctx,
				text[:strings.LastIndexByte(text, ':')+1]+strconv.Itoa(n)+"}", named); err != nil {
				b.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				b.Fatal(err)
			}
			c.String(http.StatusOK, strconv.Itoa(n))
		}
	})
}

// stored is the key as the row of the default table holds it.
func stored(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// floorRead reads the text of a live session.
func floorRead(
	b *testing.B, pool *sql.DB, kind dbtest.Kind, key string,
) func(context.Context) string {
	find := prepare(b, pool, kind,
		"SELECT session_data FROM web_sessions WHERE session_key = ? AND expire_date > ?")
	named := stored(key)
	now := time.Now().UTC().Format("2006-01-02 15:04:05.000000")
	if kind == dbtest.Postgres {
		now += "Z"
	}
	return func(ctx context.Context) (text string) {
		if err := find.QueryRowContext(ctx, named, now).Scan(&text); err != nil {
			b.Fatal(err)
		}
		return text
	}
}

func prepare(b *testing.B, pool *sql.DB, kind dbtest.Kind, query string) *sql.Stmt {
	if kind == dbtest.Postgres {
		query = strings.Replace(strings.Replace(query, "?", "$1", 1), "?", "$2", 1)
	}
	statement, err := pool.Prepare(query)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { statement.Close() })
	return statement
}
