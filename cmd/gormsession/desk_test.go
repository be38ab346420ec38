package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// A desk is where an operator sits: the program, beside an application and its database. Nothing
// that is secret ever appears on its screen, which is looked at when the test ends.
type desk struct {
	t       *testing.T
	d       *dbtest.DB
	db      *gorm.DB // the application's
	ago     time.Duration
	env     map[string]string
	in      string // what standard input has
	onTTY   bool
	screen  strings.Builder // all that there ever was
	secrets []string
}

// eachDesk runs f on each database.
func eachDesk(t *testing.T, f func(k *desk)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		f(newDesk(t, d))
	})
}

func newDesk(t *testing.T, d *dbtest.DB) *desk {
	t.Helper()
	k := &desk{t: t, d: d, db: d.Open(t), env: map[string]string{dsnVariable: dsnOf(d)}}
	if s, err := parseDSN(dsnOf(d)); err != nil {
		t.Fatal(err)
	} else if s.password != "" {
		k.secrets = append(k.secrets, s.password)
	}
	t.Cleanup(func() {
		for _, secret := range k.secrets {
			if at := strings.Index(k.screen.String(), secret); at >= 0 {
				t.Errorf("the screen shows a secret: %.200q", k.screen.String()[max(0, at-100):])
			}
		}
	})
	return k
}

// dsnOf is the DSN of a test's database as the program takes it.
func dsnOf(d *dbtest.DB) string {
	if d.Kind() == dbtest.SQLite {
		return "sqlite:" + d.DSN()
	}
	return d.DSN()
}

// A said is what a run of the program has said.
type said struct {
	t        *testing.T
	args     []string
	code     int
	out, err string
}

// run runs the program.
func (k *desk) run(args ...string) said {
	k.t.Helper()
	var out, err bytes.Buffer
	code := run(context.Background(), args, world{
		in: strings.NewReader(k.in), out: &out, err: &err, terminal: k.onTTY,
		getenv: func(name string) string { return k.env[name] },
		now:    func() time.Time { return time.Now().Add(k.ago) },
	})
	k.screen.WriteString(out.String() + err.String())
	return said{k.t, args, code, out.String(), err.String()}
}

// must runs the program, which is to end with that code.
func (k *desk) must(code int, args ...string) said {
	k.t.Helper()
	s := k.run(args...)
	if s.code != code {
		k.t.Fatalf("%q exits with %d, not %d:\n%s%s", args, s.code, code, s.out, s.err)
	}
	return s
}

// has tells whether texts are in what was said, and fails the test if they are not.
func (s said) has(texts ...string) said {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(s.out+s.err, text) {
			s.t.Errorf("%q does not say %q but\n%s%s", s.args, text, s.out, s.err)
		}
	}
	return s
}

func (s said) lacks(texts ...string) said {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(s.out+s.err, text) {
			s.t.Errorf("%q says %q:\n%s%s", s.args, text, s.out, s.err)
		}
	}
	return s
}

// decode decodes what --json has printed.
func decode[T any](s said) (v T) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.out), &v); err != nil {
		s.t.Fatalf("%q: %v\n%s", s.args, err, s.out)
	}
	return v
}

// plugin is the application's.
func (k *desk) plugin(opts ...gormsession.Option) *gormsession.Plugin {
	k.t.Helper()
	plugin, err := gormsession.New(k.db, append(opts, gormsession.WithCleanup(0))...)
	if err != nil {
		k.t.Fatal(err)
	}
	return plugin
}

// start begins a session, of which key and hash are secret from then on, and returns its key.
func (k *desk) start(
	p *gormsession.Plugin, change func(s *gormsession.State),
) (key string) {
	k.t.Helper()
	s, err := p.Open(context.Background(), "")
	if err != nil {
		k.t.Fatal(err)
	}
	change(s)
	if err := s.Save(); err != nil {
		k.t.Fatal(err)
	}
	k.secrets = append(k.secrets, s.Key(), sessionkey.Hash(s.Key()))
	return s.Key()
}

// lives tells whether the application still knows a session.
func (k *desk) lives(p *gormsession.Plugin, key string) bool {
	k.t.Helper()
	s, err := p.Open(context.Background(), key)
	if err != nil {
		k.t.Fatal(err)
	}
	return !s.IsNew() && s.Key() == key
}

// want fails the test where something is not as it is to be.
func want[T comparable](t *testing.T, what string, got, wanted T) {
	t.Helper()
	if got != wanted {
		t.Errorf("%s: got %v, want %v", what, got, wanted)
	}
}

const djangoSecret = "the secret key of the site, which nobody is to see"

// shared is a session table of Django's.
func shared() gormsession.Option {
	return django.Compatible(django.Config{SecretKey: djangoSecret})
}

// file writes a file that nobody else may read.
func (k *desk) file(name, text string) string {
	k.t.Helper()
	path := k.t.TempDir() + "/" + name
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
	return path
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
