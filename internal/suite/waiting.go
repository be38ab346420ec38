package suite

import (
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// lockWaits are the statements of this database that wait for a lock of another one. MariaDB's list
// of waiters is not refreshed while it is asked often, so there it is those that take long. SQLite
// does not tell: whoever waits there sleeps in its process.
var lockWaits = map[dbtest.Kind]string{
	dbtest.Postgres: "SELECT count(*) FROM pg_stat_activity" +
		" WHERE datname = current_database() AND wait_event_type = 'Lock'",
	dbtest.MariaDB: "SELECT COUNT(*) FROM information_schema.processlist" +
		" WHERE db = DATABASE() AND command <> 'Sleep' AND time_ms > 50" +
		" AND state IN ('Updating', 'Searching rows for update')",
}

// awaitLockWait returns once a statement waits for a lock. It asks by a pool of its own, as those
// that wait may have all of another one.
func awaitLockWait(t testing.TB, kind dbtest.Kind, db *gorm.DB) {
	query := lockWaits[kind]
	for waiting := 0; query != "" && waiting == 0 && t.Context().Err() == nil; {
		if err := db.Raw(query).Scan(&waiting).Error; err != nil {
			t.Error(err)
			return
		}
	}
}
