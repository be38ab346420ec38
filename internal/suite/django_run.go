package suite

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

// A djangoRun is one case on one database: a site under the rules, and what the cases ask of it.
type djangoRun struct {
	*site
	t     *testing.T
	rules djangoRules
}

func (on ground) newDjangoRun(
	t *testing.T, db *gorm.DB, rules djangoRules, opts ...gormsession.Option,
) *djangoRun {
	t.Helper()
	s := on.newSiteOn(t, db, append(slices.Clone(rules.opts), opts...)...)
	s.table, s.cookieName = rules.table, rules.cookie
	return &djangoRun{site: s, t: t, rules: rules}
}

// with is the same run under more options.
func (d *djangoRun) with(opts ...gormsession.Option) *djangoRun {
	d.t.Helper()
	return d.on.newDjangoRun(d.t, d.db, d.rules, opts...)
}

// open is Django's SessionStore(key), but loaded; "" is a new one.
func (d *djangoRun) open(key string) *gormsession.State {
	d.t.Helper()
	s, err := d.plugin.Open(d.t.Context(), key)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

func (d *djangoRun) save(s *gormsession.State) {
	d.t.Helper()
	if err := s.Save(); err != nil {
		d.t.Fatal(err)
	}
}

// saved is a session with these entries, opened anew, so that its flags are down.
func (d *djangoRun) saved(entries map[string]any) *gormsession.State {
	d.t.Helper()
	s := d.open("")
	s.SetAll(entries)
	d.save(s)
	s = d.open(s.Key())
	d.flags(s, false, false)
	return s
}

func (d *djangoRun) exists(key string) bool {
	d.t.Helper()
	found, err := d.plugin.Exists(d.t.Context(), key)
	if err != nil {
		d.t.Fatal(err)
	}
	return found
}

// row is the row of a key, read past the library.
func (d *djangoRun) row(key string) row {
	d.t.Helper()
	if d.rules.hashed {
		key = stored(key)
	}
	r, ok := d.rows()[key]
	if !ok {
		d.t.Fatalf("there is no such row among %d", len(d.rows()))
	}
	if loc := d.rules.location; loc != nil && d.db.Dialector.Name() != "postgres" {
		e := r.expire
		r.expire = time.Date(e.Year(), e.Month(), e.Day(), e.Hour(), e.Minute(), e.Second(),
			e.Nanosecond(), loc).UTC()
	}
	return r
}

// insert makes a live row that holds text, past the library, and returns its key.
func (d *djangoRun) insert(text string) string {
	d.t.Helper()
	key := strings.Repeat("inserted", 4)
	row := gormsession.Session{
		SessionKey: key, SessionData: text,
		ExpireDate: gormsession.Expiry{Time: d.clock.Now().AddDate(0, 0, 1)},
	}
	if d.rules.hashed {
		row.SessionKey = stored(key)
	}
	if err := d.db.Table(d.table).Create(&row).Error; err != nil {
		d.t.Fatal(err)
	}
	return key
}

func (d *djangoRun) equal(what string, got, want any) {
	d.t.Helper()
	if !reflect.DeepEqual(got, want) {
		d.t.Errorf("%s: %#v, want %#v", what, got, want)
	}
}

func (d *djangoRun) flags(s *gormsession.State, accessed, modified bool) {
	d.t.Helper()
	d.equal("accessed", s.Accessed(), accessed)
	d.equal("modified", s.Modified(), modified)
}

// items are all entries of a session.
func items(s *gormsession.State) map[string]any { return maps.Collect(s.All()) }
