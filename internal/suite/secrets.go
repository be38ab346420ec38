package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

const secret = "hunter2-the-data"

// live leads a whole life: each statement, conflicts, keys that collide, faults of the database,
// and all that prints a session. It writes what a program would see of it into the log.
func live(s *site, keys *keyring) {
	say := func(what string, v any) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			s.log.Printf(what+": "+verb, v)
		}
		s.log.logger().Info(what, "value", v)
	}
	page := func(key string, do func(c *Call, session *gormsession.State)) string {
		got := s.visit(key, func(c *Call) {
			session := c.Session()
			do(c, session)
			say("state", session)
			say("error", session.Err())
		})
		s.log.Printf("response: %d %s", got.status, got.body)
		if got.cookie == nil || got.cookie.Value == "" {
			return key
		}
		return got.cookie.Value
	}
	change := func(c *Call, session *gormsession.State) {
		session.Modify("n", func(any) any { return s.clock.Now().UnixNano() })
	}
	s.told = func(errs []error) {
		for _, err := range errs {
			say("told", err)
		}
	}
	ctx := context.Background()

	key := s.start(map[string]any{"secret": secret})
	key = page(key, func(c *Call, session *gormsession.State) { // a conflict
		session.Get("secret")
		page(key, change)
		change(c, session)
	})
	s.clock.advance(24 * time.Hour)
	key = page(key, func(_ *Call, session *gormsession.State) { session.Touch() })
	key = page(key, func(_ *Call, session *gormsession.State) { session.CycleKey() })
	keys.repeat(key)
	s.start(map[string]any{"secret": secret})
	keys.repeat(key, key)
	key = page(key, func(_ *Call, session *gormsession.State) { session.CycleKey() })
	keys.repeat(slices.Repeat([]string{key}, 10)...)
	page("",
		func(c *Call, session *gormsession.State) { change(c, session); say("save", session.Save()) })
	page(key, func(_ *Call, session *gormsession.State) { session.Set("bad", make(chan int)) })
	page(key, func(_ *Call, session *gormsession.State) {
		say("a field of another type", gormsession.Field[time.Time]("secret").Or(session, time.Time{}))
		gormsession.Field[time.Time]("secret").Modify(session, func(t time.Time) time.Time { return t })
	})
	page(key, func(c *Call, session *gormsession.State) { // a logout that was quicker
		session.Get("secret")
		copied := s.start(map[string]any{"secret": secret})
		page(copied, func(_ *Call, other *gormsession.State) {
			other.Get("secret")
			say("delete", s.plugin.Delete(ctx, copied))
			other.Set("n", 1)
		})
	})
	for _, prefix := range []string{"SELECT", "UPDATE", "INSERT", "DELETE", "COMMIT"} {
		s.statements.Fail(failing(prefix, errors.New("the disk is full")))
		key = page(key, change)
		key = page(key, func(c *Call, session *gormsession.State) {
			change(c, session)
			session.CycleKey()
			say("save", session.Save())
		})
		page(key, func(_ *Call, session *gormsession.State) { session.Flush() })
		page("", change)
		s.statements.Fail(nil)
	}
	key = s.start(map[string]any{"secret": secret})
	page(keyWithoutRow, change)
	page(key, func(_ *Call, session *gormsession.State) { session.Discard() })
	var rows []gormsession.Session
	for stored, row := range s.rows() {
		rows = append(rows,
			gormsession.Session{
				SessionKey: stored, SessionData: row.data, ExpireDate: gormsession.Expiry{Time: row.expire},
			})
	}
	say("rows", rows)
	say("row", rows[0])
	say("row", &rows[0])
	if _, err := s.plugin.Entries(gormsession.Session{
		SessionKey: rows[0].SessionKey, SessionData: secret,
	}); err != nil {
		say("entries", err)
	}
	outside, err := s.plugin.Open(ctx, key)
	if err != nil {
		s.t.Fatal(err)
	}
	say("outside", outside)
	page(key, func(_ *Call, session *gormsession.State) { session.Flush() })
	s.clock.advance(30 * 24 * time.Hour)
	if _, err := s.plugin.ClearExpired(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// checkSecrets reports the first line of a log that says too much.
func checkSecrets(t *testing.T, what string, log *logbook, keys *keyring) {
	t.Helper()
	text := log.String()
	for _, no := range append(keys.spell(), secret) {
		if i := strings.Index(text, no); i >= 0 {
			line := text[strings.LastIndexByte(text[:i], '\n')+1:]
			t.Errorf("%s says %s: %.600s", what, no, line[:strings.IndexByte(line, '\n')])
			return
		}
	}
}

// failing fails the statements that begin so.
func failing(prefix string, err error) func(string) error {
	return func(statement string) error {
		if strings.HasPrefix(statement, prefix) {
			return err
		}
		return nil
	}
}

// Neither our log, nor an error, nor GORM's log of slow statements shows a key, in the cookie's
// form or in the row's, or a session's data.
func (on behind) TestSecretsStaySecret(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, config := range map[string]*gorm.Config{
			"plain":          {},
			"TranslateError": {TranslateError: true},
			"PrepareStmt":    {PrepareStmt: true, SkipDefaultTransaction: true},
		} {
			for _, l := range []layout.Layout{layout.Own(), layout.Django()} {
				if l.Table == "django_session" && name != "plain" {
					continue
				}
				t.Run(name+"/"+l.Table, func(t *testing.T) {
					t.Parallel()
					config := *config
					slow := &logbook{}
					config.Logger = logger.New(slow, logger.Config{SlowThreshold: 1, LogLevel: logger.Info})
					keys := &keyring{}
					s := on.newSiteWith(t, dbtest.New(t, d.Kind()), &config, withLayout(l),
						on.inside.WithNewKey(keys.newKey), gormsession.WithTimeout(time.Second))
					s.table, s.cookieName = l.Table, l.Cookie
					readRows := s.db.Session(&gorm.Session{Logger: logger.Discard})
					s.db = readRows
					live(s, keys)

					// So that nothing passes by being empty.
					for _, part := range []string{
						"SLOW SQL", "SELECT", "UPDATE", "INSERT INTO", "DELETE FROM", l.Table,
						gorm.ErrDuplicatedKey.Error(),
					} {
						slow.wants(t, part)
					}
					s.log.wants(t, "level=ERROR", "no free session key", "deleted before the request completed")
					checkSecrets(t, "GORM's log", slow, keys)
					checkSecrets(t, "our log", s.log, keys)
				})
			}
		}
	})
}

// A database may name a key in what it says, as MariaDB does of a duplicate, and Vitess of each
// statement that fails. We do not repeat it.
func (on behind) TestErrorsThatNameAKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		keys, slow := &keyring{}, &logbook{}
		s := on.newSiteWith(t, d, &gorm.Config{
			Logger: logger.New(slow, logger.Config{LogLevel: logger.Info}),
		},
			on.inside.WithNewKey(keys.newKey), gormsession.WithTimeout(time.Second))
		say := func(what string, err error) {
			if err == nil {
				t.Errorf("%s: no error", what)
			}
			s.log.Printf("%s: %v %+v %#v", what, err, err, err)
		}
		ctx := context.Background()
		for _, prefix := range []string{"SELECT", "UPDATE", "INSERT", "DELETE", "COMMIT"} {
			if prefix == "COMMIT" && s.db.SkipDefaultTransaction {
				continue // a Delete has none
			}
			key := s.start(map[string]any{"name": "Ann"})
			named := stored(key)
			if prefix == "INSERT" {
				named = stored(fmt.Sprintf("k%031d", len(keys.issued))) // of what is made next
			}
			s.statements.Fail(failing(prefix, fmt.Errorf("in %s: no", named)))
			for _, page := range []func(*Call){pageR, pageW, pageC, pageF} {
				if got := s.visit(key, page); got.status == 200 && len(got.statements) > 0 &&
					slices.Contains(strings.Fields(got.verbs()), prefix) {
					t.Errorf("a %s that fails gave 200", prefix)
				}
			}
			s.visit(key, func(c *Call) {
				session := c.Session()
				pageC(c)
				if err := session.Save(); err != nil {
					say("save", err)
				}
			})
			switch prefix {
			case "SELECT":
				_, err := s.plugin.Open(ctx, key)
				say("open", err)
				_, err = s.plugin.Exists(ctx, key)
				say("exists", err)
				_, err = s.plugin.ClearExpired(ctx)
				say("clear", err)
			case "DELETE", "COMMIT":
				say("delete", s.plugin.Delete(ctx, key))
			}
			s.statements.Fail(nil)
		}
		s.log.wants(t, "in ?: no")
		slow.wants(t, "in ?: no")
		checkSecrets(t, "our log", s.log, keys)
		checkSecrets(t, "GORM's log", slow, keys)
	})
}
