package suite

import (
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Where SQLite has no busy timeout, as where a driver does not know the parameter that sets it, New
// says so, with what each driver takes; and says nothing otherwise.
func (on behind) TestNewWarnsWhereSQLiteDoesNotWait(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, dbtest.SQLite)
	for timeout, warns := range map[string]bool{"0": true, "1": false, "4000": false} {
		dsn := strings.Replace(d.DSN(), "_busy_timeout=5000", "_busy_timeout="+timeout, 1)
		db, err := dbtest.OpenDSN(d.Kind(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pool.Close() })
		log := &logbook{}
		if _, err := gormsession.New(db, gormsession.WithLogger(log.logger())); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"_busy_timeout=4000", "_pragma=busy_timeout(4000)"} {
			if strings.Contains(log.String(), text) != warns {
				t.Errorf("a timeout of %s: the log is %q", timeout, log)
			}
		}
	}
}
