package engine

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed7368b609/gormsession/internal/layout"
)

// A clock on the wall of a zone is put up and taken down again, but for the hour that a zone's
// change of time shows twice.
func TestWallClock(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	table := &Table{dialect: dialects["sqlite"], layout: layout.Layout{Location: loc}}
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(0, 4_000_000_000_000_000).Draw(t, "instant")).UTC()
		hands := func(at time.Time) string { return at.In(loc).Format("15:04") }
		if hands(at) == hands(at.Add(-time.Hour)) || hands(at) == hands(at.Add(time.Hour)) {
			return
		}
		if got := table.expireOf(table.expireArg(at)); !got.Equal(at) {
			t.Fatalf("%v is %v in a row, and read as %v", at, table.expireArg(at), got)
		}
	})
}
