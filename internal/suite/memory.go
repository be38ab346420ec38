package suite

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

const memoryHint = "each connection to :memory: has a database of its own, so use a file"

// A second connection to :memory: sees another database, which is a 503 whose log line says why,
// and whose answer does not.
func (on behind) TestMemoryOfAnotherConnection(t *testing.T) {
	db, err := gorm.Open(sqlite.Open(":memory:"))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s := on.newSiteOn(t, db)
	key := s.start(map[string]any{"name": "Ann"})
	if log := s.log.String(); strings.Contains(log, memoryHint) {
		t.Errorf("one connection: the log says %s", log)
	}
	held, err := pool.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	got := s.visit(key, readName)
	if got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "memory") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if log := s.log.String(); !strings.Contains(log, memoryHint) {
		t.Errorf("the log says %s", log)
	}
}

// New does not suspect a table that is merely missing.
func (on behind) TestMissingTableIsNoHintOfMemory(t *testing.T) {
	_, err := gormsession.New(dbtest.New(t, dbtest.SQLite).Open(t), gormsession.WithoutMigration())
	if err == nil || strings.Contains(err.Error(), "memory") {
		t.Errorf("New said %v", err)
	}
}
