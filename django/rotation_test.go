package django

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Right after a rotation of SECRET_KEY browsers come with eight requests at once. All of them are
// let in, and all browsers stay logged in, under the key that they have: a renewal of the hash is
// no reason to be logged out.
func TestRotationOfTheKeyLogsNobodyOut(t *testing.T) {
	const browsers, requests = 20, 8
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		db := d.Open(t, config.Gorm())
		before := newSite(t, db, Config{SecretKey: "old"})
		after := newSite(t, db, Config{SecretKey: testSecret, Fallbacks: []string{"older", "old"}})
		if err := db.AutoMigrate(&authUser{}); err != nil {
			t.Fatal(err)
		}
		if err := db.Create(&authUser{
			ID: 7, Username: "alice", Password: "md5$alice", IsActive: true,
		}).Error; err != nil {
			t.Fatal(err)
		}
		guard := RequireLogin(after.lookup)
		page := after.addPage(func(c *gin.Context) {
			if guard(c); !c.IsAborted() {
				c.String(http.StatusOK, "%v", ginsession.Get(c).Handle())
			}
		})
		clients := make([]*http.Client, browsers)
		for i := range clients {
			clients[i] = newVisitor(t)
			before.login(clients[i], "alice")
		}
		var wg sync.WaitGroup
		for _, client := range clients {
			key := before.keyOf(client)
			sum := sha256.Sum256([]byte(key))
			handle := hex.EncodeToString(sum[:])[:12]
			for range requests {
				wg.Go(func() {
					res, err := client.Get(after.url + "/" + page)
					if err != nil {
						t.Error(err)
						return
					}
					defer res.Body.Close()
					if res.StatusCode != http.StatusOK {
						t.Errorf("a request was answered with %d", res.StatusCode)
					}
					if cookie := res.Header.Get("Set-Cookie"); cookie != "" && !strings.Contains(cookie, key) {
						t.Errorf("session %s got another cookie", handle)
					}
				})
			}
		}
		wg.Wait()
		now := newSite(t, db, Config{SecretKey: testSecret}) // who has forgotten the old keys
		for _, client := range clients {
			if now.who(client) != "alice" {
				t.Error("a browser was logged out")
			}
		}
		if t.Failed() {
			t.Log(after.log)
		}
	})
}
