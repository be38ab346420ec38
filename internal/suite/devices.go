package suite

import (
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A query of the application's own tells live rows from expired ones by an Expiry, in whatever zone
// its time is.
func (on behind) TestLiveDevices(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d, withUserSession(), gormsession.WithExpiryStep(0),
			gormsession.WithLifetime(2*time.Hour))
		s.start(map[string]any{"user_id": 42})
		s.clock.advance(time.Hour)
		live := s.start(map[string]any{"user_id": 42})
		s.clock.advance(90 * time.Minute)
		for _, hours := range []int{-8, 0, 9} {
			zone := time.FixedZone("there", hours*3600)
			now := gormsession.Expiry{Time: s.clock.Now().In(zone)}
			var devices []UserSession
			err := s.db.Where("user_id = ? AND expire_date > ?", 42, now).Find(&devices).Error
			if err != nil || len(devices) != 1 || devices[0].SessionKey != stored(live) {
				t.Errorf("%+d hours: found %v, %v, want the live one", hours, devices, err)
			}
		}
	})
}

// A shopSession is a model that says which table it is in.
type shopSession struct{ UserSession }

func (shopSession) TableName() string { return "shop_sessions" }

// Where WithTable names another table than the model does, what GORM is asked by the model goes
// past the sessions: a log out everywhere ends nobody's.
func (on behind) TestModelBesideItsTable(t *testing.T) {
	d := dbtest.New(t, dbtest.SQLite)
	on.newSite(t, d, withUserSession()) // makes web_sessions
	s := on.newSite(t, d, gormsession.WithTable("shop_sessions"), gormsession.WithModel(
		func(row gormsession.Session, e gormsession.Entries) shopSession {
			id, _ := e.Get("user_id").(int64)
			return shopSession{UserSession{Session: row, UserID: &id}}
		}))
	s.table = "shop_sessions"
	s.start(map[string]any{"user_id": 42})
	for _, test := range []struct {
		model any
		gone  int64
	}{{&UserSession{}, 0}, {&shopSession{}, 1}} {
		done := s.db.Where("user_id = ?", 42).Delete(test.model)
		if done.Error != nil || done.RowsAffected != test.gone {
			t.Errorf("%T: %d rows, %v, want %d", test.model, done.RowsAffected, done.Error, test.gone)
		}
	}
}
