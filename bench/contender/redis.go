package contender

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/alexedwards/scs/goredisstore"
	gcredis "github.com/gin-contrib/sessions/redis"

	"github.com/seed7368b609/gormsession/bench/database"
)

// ginContribOnRedis is github.com/gin-contrib/sessions with its store for Redis, which has a pool
// of its own.
func ginContribOnRedis(db *database.DB) (*Site, error) {
	at := db.Redis.Options()
	store, err := gcredis.NewStoreWithDB(
		db.Kind.Conns(), at.Network, at.Addr, "", "", strconv.Itoa(at.DB), hashKey)
	if err != nil {
		return nil, err
	}
	store.Options(ginContribCookie)
	inner, err := gcredis.GetRedisStore(store)
	if err != nil {
		return nil, err
	}
	inner.SetMaxLength(0)
	return withPrefix(ginContribSite(store), "session_"), nil
}

// scsOnRedis is alexedwards/scs around gin, with its store for go-redis.
func scsOnRedis(db *database.DB) (*Site, error) {
	return withPrefix(scsSite(goredisstore.New(db.Redis)), "scs:session:"), nil
}

func withPrefix(s *Site, prefix string) *Site {
	s.RowKey = func(key string) string { return prefix + key }
	return s
}

// seedRedis is [Seed] in Redis.
func seedRedis(db *database.DB, s *Site, n int, size string) error {
	ctx := context.Background()
	if err := db.Redis.FlushDB(ctx).Err(); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if w := Ask(s, Create.Path(size), ""); w.Code != http.StatusOK {
		return fmt.Errorf("seed: %d %s", w.Code, w.Body)
	}
	original, err := db.Redis.RandomKey(ctx).Result()
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	value, err := db.Redis.Dump(ctx, original).Result()
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	clones := db.Redis.Pipeline()
	for i := range n {
		clones.Restore(ctx, s.RowKey(Key(i)), Lifetime, value)
	}
	clones.Del(ctx, original)
	if _, err := clones.Exec(ctx); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	return nil
}
