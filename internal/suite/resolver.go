package suite

import (
	"context"
	"testing"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Where the resolver has a source of its own, that is the primary: for reads, for single writes,
// and for transactions.
func (on behind) TestResolverSource(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for _, bare := range []bool{false, true} {
			source, ctx := dbtest.New(t, d.Kind()), context.Background()
			db := dbtest.New(t, d.Kind()).Open(t, &gorm.Config{SkipDefaultTransaction: bare})
			if err := db.Use(dbresolver.Register(dbresolver.Config{
				Sources: []gorm.Dialector{source.Dialector()},
			})); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if pool, err := db.Clauses(dbresolver.Write).DB(); err == nil {
					pool.Close()
				}
			})
			plugin, err := gormsession.New(db, gormsession.WithCleanup(0))
			if err != nil {
				t.Fatal(err)
			}
			s, err := plugin.Open(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range []func(){
				func() { s.Set("n", 1) }, func() { s.Modify("n", func(any) any { return 2 }) }, s.CycleKey,
			} {
				step()
				if err := s.Save(); err != nil {
					t.Fatalf("bare %t: %v", bare, err)
				}
			}
			if rows := rowsOf(t, source.Open(t), "web_sessions"); len(rows) != 1 {
				t.Errorf("bare %t: the source has %d rows", bare, len(rows))
			}
			if again, err := plugin.Open(ctx, s.Key()); err != nil || again.Get("n") != int64(2) {
				t.Errorf("bare %t: %v, %v", bare, again, err)
			}
		}
	})
}
