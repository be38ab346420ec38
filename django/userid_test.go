package django

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// What stands in _auth_user_id is the user that Django makes of it, whose keys are integers here.
// Where Django fails with a 500, nobody is logged in, or the database refuses the ID, which is a
// 503: never somebody else.
func TestUserIDsAreDjangos(t *testing.T) {
	t.Parallel()
	for _, version := range []djangotest.Version{djangotest.V42, djangotest.V52, djangotest.V61} {
		t.Run(string(version), func(t *testing.T) {
			t.Parallel()
			for _, kind := range dbtest.Kinds {
				if kind != dbtest.SQLite && version != djangotest.V52 {
					continue // what a database makes of an ID is the same beside each Django
				}
				t.Run(string(kind), func(t *testing.T) {
					db := dbtest.New(t, kind)
					testUserIDs(t, newPair(t, version, db, nil, Config{SecretKey: djangotest.SecretKey}))
				})
			}
		})
	}
}

func testUserIDs(t *testing.T, p *pair) {
	alice, bob := p.newUser(t, "alice"), p.newUser(t, "bob")
	id := p.gin.user(alice).ID
	// The hash must not tell them apart.
	same := p.gin.db.Model(&authUser{}).Where("username = ?",
		bob).Update("password", p.gin.user(alice).Password)
	if same.Error != nil {
		t.Fatal(same.Error)
	}
	for _, raw := range []string{
		"ID", "ID.0", "ID.9", "IDe0", `"ID"`, `" ID"`, `"ID "`, `"0ID"`, `"+ID"`, "true", "false", "null",
		"0", "-ID", "-0.0", "0.5", "[ID]", `{"id":ID}`, `""`, `"ID.0"`, `"x"`, "NaN", "Infinity", "1e400",
		"123456789012345678901234567890", "4567",
	} {
		raw = strings.ReplaceAll(raw, "ID", id)
		client := newVisitor(t)
		p.loginBy(t, true, client, alice, "pw")
		p.django.Must(t, client, step{"set_json", userEntry, raw})
		key := p.gin.keyOf(client)
		guard := RequireLogin(p.gin.lookup)
		got := p.gin.visit(client, func(c *gin.Context) {
			if guard(c); !c.IsAborted() {
				c.String(http.StatusOK, CurrentUser(c).Row.(authUser).Username)
			}
		})
		who := fmt.Sprint(got.status, " ", got.body)
		reply, err := p.django.Do(client, step{"user"})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case reply.Status != http.StatusOK: // a 500
			if got.status == http.StatusOK && !(strings.HasPrefix(raw, `"`) && got.body == alice) {
				t.Errorf("%s: Django fails, Go sees %s", raw, who)
			}
		case reply.Result(t, 0) == nil:
			if got.status != http.StatusUnauthorized && got.status != http.StatusServiceUnavailable {
				t.Errorf("%s: Django sees nobody, Go %s", raw, who)
			}
		default:
			if want := fmt.Sprint("200 ", reply.Result(t, 0)); who != want {
				t.Errorf("%s: Go sees %q, Django %q", raw, who, want)
			}
		}
		if _, found := p.gin.row(key); !found {
			t.Errorf("%s: the session was flushed", raw)
		}
	}
}

// Whether a user is the same is asked of the keys that IDs are, not of their spelling.
func TestSameID(t *testing.T) {
	const uuid = "550e8400-e29b-41d4-a716-446655440000"
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{uuid, "550e8400e29b41d4a716446655440000", true},
		{uuid, "550E8400-E29B-41D4-A716-446655440000", true},
		{uuid, "{550E8400e29b41d4a716446655440000}", true},
		{uuid, "urn:uuid:" + uuid, true},
		{uuid, "550e8400-e29b-41d4-a716-446655440001", false},
		{uuid, uuid[1:], false},
		{uuid, "", false},
		{"7", " 7", true},
		{"7", "07", true},
		{"7", "+7", true},
		{"7", "70", false},
		{"7", "7.0", false},
		{"7", "-7", false},
		{"0", "-0", true},
		{"", "0", false},
		{"alice", "Alice", false},
		{"alice", "alice", true},
		{strings.Repeat("0", 50), "0", false}, // is no key
	} {
		if sameID(c.a, c.b) != c.same || sameID(c.b, c.a) != c.same {
			t.Errorf("%q and %q are the same: %v", c.a, c.b, !c.same)
		}
	}
}

// member is a user model whose primary key is a UUID, which a column has with hyphens or without.
type member struct {
	ID, Username, Password string
	IsActive               bool
}

func (member) TableName() string { return "people_member" }

// UUIDs are one primary key in each spelling: a session that either side has logged in is not lost
// by a login or a new password on the other, also where the column has no hyphens.
func TestUUIDsAsPrimaryKeys(t *testing.T) {
	t.Parallel()
	// since 5.0 MariaDB has uuid
	for _, version := range []djangotest.Version{djangotest.V42, djangotest.V52} {
		t.Run(string(version), func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, db *dbtest.DB) {
				settings := djangotest.Settings{"AUTH_USER_MODEL": "people.Member"}
				testUUIDs(t, newPair(t, version, db, settings, Config{SecretKey: djangotest.SecretKey}))
			})
		})
	}
}

func testUUIDs(t *testing.T, p *pair) {
	alice := p.newUser(t, "alice")
	var row member
	if err := p.gin.db.Where("username = ?", alice).Take(&row).Error; err != nil {
		t.Fatal(err)
	}
	who := func(client *http.Client) reply {
		guard := RequireLogin(p.lookupMember)
		return p.gin.visit(client, func(c *gin.Context) {
			if guard(c); !c.IsAborted() {
				c.String(http.StatusOK, CurrentUser(c).Row.(member).Username)
			}
		})
	}
	digits := strings.ReplaceAll(row.ID, "-", "")
	spellings := []string{row.ID, digits, strings.ToUpper(digits), strings.ToUpper(row.ID)}
	for _, byDjango := range []bool{false, true} {
		for _, id := range spellings {
			user := User{ID: id, Password: row.Password}
			client := newVisitor(t)
			p.gin.do(client, func(s *gormsession.State) { s.Set("cart", "tea") })
			if byDjango {
				p.loginBy(t, true, client, alice, "pw")
			} else {
				p.gin.do(client, func(s *gormsession.State) {
					if err := Login(s, user); err != nil {
						t.Error(err)
					}
				})
			}
			key := p.gin.keyOf(client)
			if got := who(client); got.body != alice {
				t.Errorf("login at Django %v, as %s: Go sees %d %s", byDjango, id, got.status, got.body)
			}
			p.gin.do(client, func(s *gormsession.State) {
				if err := Login(s, user); err != nil {
					t.Error(err)
				}
			})
			p.loginBy(t, true, client, alice, "pw")
			if p.gin.keyOf(client) != key {
				t.Errorf("login at Django %v, as %s: another login was one of another user", byDjango, id)
			}
			p.gin.do(client, func(s *gormsession.State) {
				if err := UpdateSessionAuthHash(s, user); err != nil {
					t.Error(err)
				}
			})
			got := p.django.Must(t, client, step{"user"}, step{"get", "cart"})
			if got.Result(t, 0) != alice || got.Result(t, 1) != "tea" || who(client).body != alice {
				t.Errorf("login at Django %v, as %s: Django sees %s", byDjango, id, got.Results)
			}
		}
	}
}

// lookupMember finds a member in a column with hyphens or without: both kinds take the ID without.
func (p *pair) lookupMember(ctx context.Context, id string) (User, error) {
	var row member
	id = strings.ToLower(strings.ReplaceAll(id, "-", ""))
	err := p.gin.db.WithContext(ctx).Where("id = ? AND is_active = ?", id, true).Take(&row).Error
	return User{Password: row.Password, Row: row}, err
}
