package suite

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A COMMIT that arrives only while the second try waits is taken for what it is; one that arrives
// after the answer finds that the answer has not said too much. Either way it is done once.
func (on cases) TestHeldCommit(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, kind)
			_, b := on.nodes(t, d, &gorm.Config{})
			for what, page := range map[string]func(*Call){
				"Modify": addToken("A;"),
				"Flash":  addFlash("A;"),
				"Set":    set("tokens", []string{"A;"}),
				"cycle":  together(addToken, nil, pageC)("A;"),
				"create": addToken("A;"),
			} {
				for _, late := range []bool{false, true} {
					timeout := 10 * time.Second
					if late {
						timeout = time.Second
					}
					db, w := wired(t, d, false, &gorm.Config{})
					a := &node{site: on.newSiteOn(t, db, gormsession.WithTimeout(timeout)), kind: kind}
					key := ""
					if what != "create" {
						key = b.start(map[string]any{"tokens": []string{}})
					}
					held, release := w.holds("COMMIT")
					go func() {
						<-held
						if !late {
							somebodyWaits(t, b.db)
							release()
						}
					}()
					got := a.visit(key, page)
					release()
					switch {
					case !late && (got.status != http.StatusOK || got.cookie == nil):
						t.Errorf("%s: answered with %d\n%s", what, got.status, a.log)
					case late && (got.status != http.StatusServiceUnavailable || got.cookie != nil):
						t.Errorf("%s, late: answered with %d", what, got.status)
					case late:
						a.log.wants(t, gormsession.ErrOutcomeUnknown.Error())
					}
					// The next to save waits for the COMMIT, if it is still on its way.
					if what != "create" && what != "cycle" {
						if got := b.visit(key, addToken("B;")); got.status != http.StatusOK {
							t.Errorf("%s: the next was answered with %d", what, got.status)
						}
					}
					b.arrives("A;")
					if n, rows := b.count("A;"), len(b.rows()); n != 1 || rows != 1 {
						t.Errorf("%s, late %t: stored %d times in %d rows", what, late, n, rows)
					}
					b.exec("DELETE FROM web_sessions")
				}
			}
		})
	}
}

// arrives returns once a token is stored.
func (n *node) arrives(token string) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range 2500 {
		if n.count(token) > 0 {
			return
		}
		<-tick.C
	}
	n.t.Errorf("%s never arrived", token)
}

// A driver that sends a bare statement a second time by itself, as pgx does in the simple protocol
// where the answer is lost, makes no second row and no second count.
func (on cases) TestAnswerLostOnTheWire(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		for _, config := range dbtest.RunConfigs(t) {
			for _, simple := range []bool{false, true} {
				name := string(kind) + "/" + config.Name
				if simple {
					name += "/simple protocol"
				}
				if simple && kind != dbtest.Postgres {
					continue
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					d := dbtest.New(t, kind)
					_, b := on.nodes(t, d, &gorm.Config{})
					db, w := wired(t, d, simple, config.Gorm())
					a := &node{site: on.newSiteOn(t, db), kind: kind}
					steps := 0 // each with a token of its own
					token := func() string {
						steps++
						return fmt.Sprintf("A%d;", steps)
					}
					for _, word := range []string{"INSERT INTO", "COMMIT"} {
						w.loses(word)
						mine := token()
						got := a.visit("", addToken(mine))
						if n := b.count(mine); got.status != http.StatusOK || got.cookie == nil || n != 1 {
							t.Errorf("create, %s: %d, stored %d times\n%s", word, got.status, n, a.log)
						} else if b.entries(got.cookie.Value) == nil {
							t.Errorf("create, %s: the client was told another key", word)
						}
					}
					for _, word := range []string{"UPDATE", "COMMIT"} {
						for what, page := range map[string]func(string) func(*Call){
							"Modify": addToken,
							"Set":    func(mine string) func(*Call) { return set("x", mine) },
							"cycle":  together(addToken, nil, pageC),
						} {
							key := b.start(map[string]any{"tokens": []string{}})
							w.loses(word)
							mine := token()
							got := a.visit(key, page(mine))
							if n := b.count(mine); got.status != http.StatusOK || n != 1 {
								t.Errorf("%s, %s: %d, stored %d times\n%s", what, word, got.status, n, a.log)
							}
						}
					}
					for _, word := range []string{"DELETE", "COMMIT"} {
						key := b.start(map[string]any{"n": 1})
						w.loses(word)
						got := a.visit(key, pageF)
						if got.cookieIs(key) != "deleted" || b.entries(key) != nil {
							t.Errorf("logout, %s: %d, and the session lives", word, got.status)
						}
					}
				})
			}
		}
	}
}

// Where an answer is lost, and nobody takes the next call, it is never said that nothing was saved
// if something was: in the simple protocol pgx sends a statement that stands alone twice, and tells
// of the call alone that nobody has taken.
func (on cases) TestAnswerLostByWhoHasGone(t *testing.T) {
	for name, simple := range map[string]bool{"extended protocol": false, "simple protocol": true} {
		for _, config := range dbtest.RunConfigs(t) {
			t.Run(name+"/"+config.Name, func(t *testing.T) {
				t.Parallel()
				d := dbtest.New(t, dbtest.Postgres)
				_, b := on.nodes(t, d, &gorm.Config{})
				for _, word := range []string{"UPDATE", "COMMIT"} {
					db, w := wired(t, d, simple, config.Gorm())
					a := &node{
						site: on.newSiteOn(t, db, gormsession.WithTimeout(time.Second)), kind: d.Kind(),
					}
					key := b.start(map[string]any{"tokens": []string{}})
					w.next(word, func(client *ear, server net.Conn, message []byte) {
						w.listener.Close()
						client.loses.Store(true)
						_, _ = server.Write(message)
						_ = server.(interface{ CloseWrite() error }).CloseWrite()
					})
					got := a.visit(key, set("x", "A;"))
					unknown := strings.Contains(a.log.String(), gormsession.ErrOutcomeUnknown.Error())
					stored := b.count("A;")
					if got.status == http.StatusServiceUnavailable && !unknown && stored > 0 {
						t.Errorf("%s: unavailable, and stored", word)
					}
					if got.status == http.StatusOK && stored == 0 { // there is no such statement
						t.Errorf("%s: %d, and not stored", word, got.status)
					}
					b.exec("DELETE FROM web_sessions")
				}
			})
		}
	}
}
