package clusters

import (
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// PgBouncer will do in session mode, and in transaction mode where the driver names no statement,
// with any gorm.Config; and loses nothing when its server restarts. Its statement mode is refused.
func TestPgBouncer(t *testing.T) {
	asked(t)
	server := dbtest.StartPrimary(t, dbtest.Postgres)
	for name, mode := range map[string]struct{ pool, driver string }{
		"session":                   {"session", ""},
		"transaction, exec":         {"transaction", "default_query_exec_mode=exec"},
		"transaction, simple":       {"transaction", "default_query_exec_mode=simple_protocol"},
		"transaction, cache of one": {"transaction", "default_query_exec_mode=cache_describe"},
	} {
		t.Run(name, func(t *testing.T) {
			by := dbtest.StartBouncer(t, server, "pool_mode = "+mode.pool,
				"default_pool_size = 20", "server_login_retry = 1")
			d := by(server.DB(t))
			if mode.driver != "" {
				d = d.With(mode.driver)
			}
			var nodes []*application
			for _, config := range dbtest.RunConfigs(t) {
				if mode.pool == "session" && len(nodes) == 1 {
					break // a pool of ours holds its connections
				}
				nodes = append(nodes, serve(t, d.Open(t, config.Gorm())))
			}
			c := gather(t, 12, nodes...)
			c.awaitServed(1000)
			server.Stop()
			server.Start()
			c.awaitServed(1000)
			c.finish()
		})
	}
	t.Run("statement", func(t *testing.T) {
		by := dbtest.StartBouncer(t, server, "pool_mode = statement")
		d := by(server.DB(t)).With("default_query_exec_mode=exec")
		_, err := gormsession.New(d.Open(t))
		if err == nil || !strings.Contains(err.Error(), "statement") {
			t.Errorf("New said %v", err)
		}
	})
}
