package suite

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// keyring issues session keys, and remembers them.
type keyring struct {
	mu     sync.Mutex
	issued []string
	next   []string // instead of a new one
}

func (k *keyring) newKey() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := fmt.Sprintf("k%031d", len(k.issued))
	if len(k.next) > 0 {
		key, k.next = k.next[0], k.next[1:]
	}
	k.issued = append(k.issued, key)
	return key
}

// last is the key that was issued last.
func (k *keyring) last() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.issued[len(k.issued)-1]
}

func (k *keyring) repeat(keys ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.next = keys
}

// spell returns every key that was issued, as the cookie and as the row has it.
func (k *keyring) spell() (all []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range append(k.issued, keyWithoutRow) {
		all = append(all, key, stored(key))
	}
	return all
}

// A new key that is taken is replaced by another one, and no session ever gets another one's row.
// That is found out in each way in which GORM may report a duplicate.
func (on behind) TestKeyThatIsTaken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, config := range map[string]*gorm.Config{
			"plain":          {},
			"TranslateError": {TranslateError: true},
			"bare":           {SkipDefaultTransaction: true},
			"PrepareStmt":    {PrepareStmt: true},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				keys := &keyring{}
				s := on.newSiteWith(t, dbtest.New(t, d.Kind()), config, on.inside.WithNewKey(keys.newKey))
				ann := s.start(map[string]any{"name": "Ann"})

				keys.repeat(ann)
				bob := s.start(map[string]any{"name": "Bob"})
				keys.repeat(slices.Repeat([]string{ann}, 9)...)
				eve := s.start(map[string]any{"name": "Eve"})
				if ann == bob || ann == eve {
					t.Fatal("two sessions have one key")
				}

				keys.repeat(ann, ann)
				got := s.visit(bob, func(c *Call) { writeName("Bill")(c); c.Session().CycleKey() })
				if is := got.cookieIs(bob); got.status != http.StatusOK || is != "new" ||
					got.cookie.Value == ann {
					t.Fatalf("a cycle to a key that is taken: %d, the cookie is %q", got.status, got.line)
				}
				for key, name := range map[string]string{ann: "Ann", eve: "Eve", got.cookie.Value: "Bill"} {
					if is := s.entries(key)["name"]; is != name {
						t.Errorf("%s has become %v", name, is)
					}
				}

				before := s.rows()
				for request, page := range map[string]func(*Call){"": writeName("Bob"), eve: pageC} {
					keys.repeat(slices.Repeat([]string{ann}, 11)...)
					got := s.visit(request, page)
					if got.status != http.StatusInternalServerError || got.cookie != nil {
						t.Errorf("without a free key: %d, %s", got.status, got.line)
					}
				}
				if after := s.rows(); len(after) != len(before) || after[stored(ann)] != before[stored(ann)] ||
					after[stored(eve)] != before[stored(eve)] {
					t.Errorf("without a free key the rows became %v", after)
				}
				s.log.wants(t, "no free session key in 10 tries")
			})
		}
	})
}
