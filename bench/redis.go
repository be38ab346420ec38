package main

import (
	"context"
	"errors"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/bench/measure"
	"github.com/seed7368b609/gormsession/bench/report"
)

// besideRedis has the work of pages that others keep the sessions of in Redis. Its floor is on the
// database that loses nothing, and where a server is asked over a connection as Redis is.
func besideRedis(k database.Kind, _ settings) (cells []measure.Cell) {
	if k != database.Postgres {
		return nil
	}
	for _, work := range []contender.Work{
		contender.Untouched, contender.Create, contender.Read, contender.ReadWrite,
	} {
		cells = append(cells, measure.Cell{
			How: measure.OverHTTP, Database: k, Rows: fewRows, Size: "200B", Work: work, Clients: 32,
		})
	}
	return cells
}

// redisRivals are those on Redis, and what a choice is made between.
func redisRivals(c contender.Contender, _ measure.Cell) bool {
	return c.Role == contender.OnRedis || c.Role == contender.Ours ||
		c.Name == contender.FloorName || c.Name == contender.SCSOnSQL
}

// withRedis measures a section while a Redis runs, or without one where none is installed.
func (r *runner) withRedis(
	ctx context.Context, sec section, cells []measure.Cell, dir string,
) (err error) {
	redis, err := database.NewPlace(database.Redis, dir)
	if errors.Is(err, database.ErrNotInstalled) {
		return r.section(ctx, sec, cells)
	}
	if err != nil {
		return err
	}
	r.redis = redis
	defer func() {
		err = errors.Join(err, r.drop(), redis.Close())
		r.redis = nil
	}()
	version, err := redis.Version()
	if err != nil {
		return err
	}
	r.results.Redis = report.Place{
		Kind: database.Redis, Version: version, Settings: redis.Settings(),
	}
	return r.section(ctx, sec, cells)
}
