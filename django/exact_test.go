package django

import (
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Beside Django each save is sent and sets expire_date and the cookie's age exactly, as Django's
// does; WithExpiryStep is a choice.
func TestEachSaveIsSent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		now := time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC)
		clock := gormsession.WithClock(func() time.Time { return now })
		for name, opts := range map[string][]gormsession.Option{
			"default": {clock}, "a step": {clock, gormsession.WithExpiryStep(time.Hour)},
		} {
			s := newSite(t, d.Open(t), Config{SecretKey: testSecret}, opts...)
			client := newVisitor(t)
			page := func(c *gin.Context) { ginsession.Get(c).Set("a", 1) }
			s.visit(client, page)
			for range 3 {
				now = now.Add(time.Second)
				var cookies []*http.Cookie
				for _, line := range s.visit(client, page).header["Set-Cookie"] {
					c, err := http.ParseSetCookie(line)
					if err != nil {
						t.Fatal(err)
					}
					cookies = append(cookies, c)
				}
				if name == "a step" {
					if len(cookies) != 0 {
						t.Errorf("within a step: %v", cookies)
					}
					continue
				}
				var row gormsession.Session
				if err := s.db.Table("django_session").Take(&row, "session_key = ?",
					s.keyOf(client)).Error; err != nil {
					t.Fatal(err)
				}
				ends := now.Add(14 * 24 * time.Hour)
				if len(cookies) != 1 || cookies[0].MaxAge != 14*24*3600 || !row.ExpireDate.Equal(ends) {
					t.Errorf("%s: the cookie is %v, and expire_date %v", name, cookies, row.ExpireDate)
				}
			}
		}
	})
}
