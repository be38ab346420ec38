package instant

import (
	"testing"
	"time"
)

// What a clock on the wall shows of an end, by Once, it has not shown before, wherever it hangs;
// and what it shows is read as the last instant at which it does.
func TestHandsThatArePutBack(t *testing.T) {
	shown := func(t time.Time) time.Time { return OnWall(t, time.UTC) }
	for _, name := range []string{"America/New_York", "Europe/Berlin", "Australia/Lord_Howe",
		"Antarctica/Troll", "Pacific/Apia", "Asia/Kathmandu"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		_, turn := time.Date(2005, 1, 1, 0, 0, 0, 0, zone).ZoneBounds()
		for range 20 {
			for minutes := range 500 {
				now := turn.Add(time.Duration(minutes-250) * time.Minute)
				read := OnWall(shown(now), zone)
				if read.Before(now) || !shown(read).Equal(shown(now)) {
					t.Fatalf("%v is read as %v", now, read)
				}
				for _, left := range []time.Duration{1, 29, 30, 59, 60, 119, 120, 240} {
					end := now.Add(left * time.Minute)
					stored := Once(end)
					if stored.Before(end) || stored.Sub(end) > 2*time.Hour ||
						!shown(stored).After(shown(now)) || !Once(stored).Equal(stored) {
						t.Fatalf("%v, at %v, is stored as %v", end, now, stored)
					}
				}
			}
			if _, next := turn.ZoneBounds(); !next.IsZero() {
				turn = next
			}
		}
	}
}
