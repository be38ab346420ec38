package django

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// testTaken: the table that Django has made is one that New takes without a word, also of an
// account that owns nothing; and no table of sessions with other keys.
func testTaken(t *testing.T, p *pair) { tableIsTaken(t, p.db) }

func tableIsTaken(t *testing.T, db *dbtest.DB) {
	t.Helper()
	accounts := map[string]*dbtest.DB{"the owner": db}
	if db.Kind() != dbtest.SQLite {
		accounts["another account"] = db.As(t,
			"GRANT SELECT, INSERT, UPDATE, DELETE ON django_session TO %s")
	}
	for name, account := range accounts {
		log := &logbook{}
		own := gormsession.WithLogger(slog.New(slog.NewTextHandler(log, nil)))
		shared := Compatible(Config{SecretKey: djangotest.SecretKey})
		handle := account.Open(t)
		for _, without := range []gormsession.Option{nil, gormsession.WithoutMigration()} {
			if _, err := gormsession.New(handle, shared, own, without); err != nil || log.String() != "" {
				t.Errorf("%s: New said %v, and logged %s", name, err, log)
			}
		}
		_, err := gormsession.New(handle, own, gormsession.WithTable("django_session"))
		const want = "if this is Django's table use django.Compatible"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: New with hashed keys said %v", name, err)
		}
	}
}

// The Djangos that TestWithDjango does not run on MariaDB make the same table there.
func TestTableOfEachDjangoOnMariaDB(t *testing.T) {
	t.Parallel()
	djangotest.Each(t, func(t *testing.T, version djangotest.Version) {
		if version == djangotest.V52 {
			t.Skip("TestWithDjango does it")
		}
		db := dbtest.New(t, dbtest.MariaDB)
		djangotest.Start(t, version, db, nil).Migrate(t)
		tableIsTaken(t, db)
	})
}
