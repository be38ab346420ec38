package django

import (
	"crypto/md5"
	"fmt"
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// testPassword: a new password ends all sessions of the user but the one in which it was changed.
func testPassword(t *testing.T, p *pair) {
	alice := p.newUser(t, "alice")
	password := "pw"
	for change, here := range map[string]func(*http.Client, string){
		"by Django": func(client *http.Client, password string) {
			p.django.Must(t, client, step{"change_password", password})
		},
		"by Go": func(client *http.Client, password string) {
			p.setPassword(t, alice, password)
			user := p.gin.user(alice)
			p.gin.do(client, func(s *gormsession.State) {
				if err := UpdateSessionAuthHash(s, user); err != nil {
					t.Error(err)
				}
			})
		},
	} {
		t.Run(change, func(t *testing.T) {
			p.gin.t = t
			mine, atDjango, atGo := newVisitor(t), newVisitor(t), newVisitor(t)
			for i, client := range []*http.Client{mine, atDjango, atGo} {
				p.loginBy(t, i == 1, client, alice, password)
			}
			key, gone := p.gin.keyOf(mine), p.gin.keyOf(atGo)
			password += "x"
			here(mine, password)
			if p.gin.keyOf(mine) == key {
				t.Error("the key is as it was")
			}
			p.sees(t, mine, alice)
			if p.gin.who(atGo) != "" || p.whoAtDjango(t, atDjango) != "" {
				t.Error("another session of the user lives on")
			}
			if _, found := p.gin.row(gone); found || p.gin.keyOf(atGo) != "" {
				t.Error("its row or its cookie is still there")
			}
			p.loginBy(t, true, newVisitor(t), alice, password)
		})
	}
}

// Somebody else's password is no concern of the session, whose key is new all the same.
func TestUpdateSessionAuthHashOfAnother(t *testing.T) {
	s, _ := guardedSite(t)
	client := newVisitor(t)
	s.login(client, "alice")
	key := s.keyOf(client)
	s.do(client, func(s *gormsession.State) {
		if err := UpdateSessionAuthHash(s, User{ID: "8", Password: "md5$another"}); err != nil {
			t.Error(err)
		}
	})
	if s.who(client) != "alice" || s.keyOf(client) == key {
		t.Errorf("alice is logged out, or the key is as it was: %q", s.keyOf(client))
	}
}

// setPassword writes a password column as Django's MD5PasswordHasher does.
func (p *pair) setPassword(t *testing.T, name, password string) {
	t.Helper()
	const salt = "abcdefghijklmnopqrstuv"
	column := fmt.Sprintf("md5$%s$%x", salt, md5.Sum([]byte(salt+password)))
	if err := p.gin.db.Model(&authUser{}).Where("username = ?",
		name).Update("password", column).Error; err != nil {
		t.Fatal(err)
	}
}

// SECRET_KEY is rotated, on one side before the other: whoever knows the old key as a
// fallback keeps everybody logged in, and renews what it sees for those who know the new
// one only. Django gives the session a new key with that, Go does not. Django knows
// fallbacks since 4.1.
func TestFallbacks(t *testing.T) {
	t.Parallel()
	const retired = "retired-secret-key-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, version := range []djangotest.Version{djangotest.V42, djangotest.V52, djangotest.V61} {
		t.Run(string(version), func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t, dbtest.SQLite)
			newKey := Config{SecretKey: djangotest.SecretKey}
			rotating := djangotest.Settings{"SECRET_KEY_FALLBACKS": []string{retired}}
			p := newPair(t, version, db, rotating,
				Config{SecretKey: djangotest.SecretKey, Fallbacks: []string{retired}})
			before := &pair{
				djangotest.Start(t, version, db, djangotest.Settings{"SECRET_KEY": retired}),
				newSite(t, p.gin.db, Config{SecretKey: retired}), db, nil,
			}
			after := &pair{djangotest.Start(t, version, db, nil), newSite(t, p.gin.db, newKey), db, nil}
			alice := p.newUser(t, "alice")
			for _, login := range []bool{false, true} {
				for _, renewal := range []bool{false, true} {
					client := newVisitor(t)
					before.loginBy(t, login, client, alice, "pw")
					key := p.gin.keyOf(client)
					if got := after.gin.who(client); got != "" {
						t.Errorf("without the fallback Go sees %q", got)
					}
					who := ""
					if renewal {
						who = p.whoAtDjango(t, client)
					} else {
						who = p.gin.who(client)
					}
					if who != alice {
						t.Errorf("login at Django %v, renewal at Django %v: it sees %q", login, renewal, who)
					}
					if cycled := p.gin.keyOf(client) != key; cycled != renewal {
						t.Errorf("renewal at Django %v: the key was changed: %v", renewal, cycled)
					}
					after.sees(t, client, alice)
				}
			}
		})
	}
}
