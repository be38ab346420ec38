package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// handles are those of a page of list.
func handles(l listing) (all []string) {
	for _, s := range l.Sessions {
		all = append(all, s.Handle)
	}
	return all
}

// A list has each live session once, over all of its pages, with the handle that show and end take.
func TestList(t *testing.T) {
	for layout, opts := range models {
		t.Run(layout, func(t *testing.T) {
			eachDesk(t, func(k *desk) {
				p := k.plugin(opts...)
				var started []string
				at := time.Now().Truncate(time.Microsecond)
				for i := range 7 {
					started = append(started, sessionkey.Handle(k.start(p, func(s *gormsession.State) {
						s.Set("n", i)
						s.SetExpiryAt(at.Add(time.Duration(i/3+1) * time.Hour)) // some at once
					})))
				}
				ended := k.start(p, func(s *gormsession.State) {
					s.Set("a", 1)
					s.SetExpiryAt(time.Now().Add(-time.Hour))
				})
				var args []string
				if layout == "django" {
					args = []string{"--django"}
				}
				list := func(more ...string) listing {
					return decode[listing](k.must(0, append(append([]string{"list", "--json"}, args...),
						more...)...))
				}
				whole := list()
				want(k.t, "the last to end is the first", slices.IsSortedFunc(whole.Sessions,
					func(a, b session) int { return b.Expires.Compare(*a.Expires) }), true)
				all := handles(whole)
				want(k.t, "all", fmt.Sprint(slices.Sorted(slices.Values(all))),
					fmt.Sprint(slices.Sorted(slices.Values(started))))
				first := list("--limit", "3")
				for _, gone := range all[1:3] { // also that by which the next page begins
					k.must(0, append(args, "end", gone, "--yes")...)
				}
				second := list("--limit", "3", "--after", first.Next)
				third := list("--limit", "3", "--after", second.Next)
				want(k.t, "by pages", fmt.Sprint(handles(first), handles(second), handles(third)),
					fmt.Sprint(all[:3], all[3:6], all[6:]))
				want(k.t, "after the last", third.Next, "")
				want(k.t, "expired", fmt.Sprint(handles(list("--expired"))),
					fmt.Sprint([]string{sessionkey.Handle(ended)}))
				k.must(0, append(args, "list", "--limit", "3")...).has(all[0], "there are more: --after 20")
			})
		})
	}
}

// Where rows say whose they are the list says it too, under the handles of Plugin.Sessions, and
// nothing that a client has said of itself does anything to the terminal.
func TestListOfUsers(t *testing.T) {
	eachDesk(t, func(k *desk) {
		p := k.plugin(gormsession.WithUsers())
		k.start(p, func(s *gormsession.State) {
			s.LogIn("ann\x1b[2J", gormsession.Device{Address: "192.0.2.1", Agent: "Firefox\x1b[2J"})
		})
		k.start(p, func(s *gormsession.State) { s.LogIn(42); s.Set("cart", "milk") })
		k.start(p, func(s *gormsession.State) { s.Set("a", 1) })
		logins, err := p.Sessions(context.Background(), 42)
		if err != nil || len(logins) != 1 {
			k.t.Fatal(logins, err)
		}
		of := decode[listing](k.must(0, "list", "--user", "42", "--json")).Sessions
		if len(of) != 1 || of[0].Handle != logins[0].Handle || of[0].User != "42" ||
			of[0].Created == nil || of[0].LastSeen == nil || of[0].Size == 0 ||
			of[0].Expires.Sub(logins[0].Expires).Abs() > time.Second {
			k.t.Errorf("the list has %+v, and the plugin %+v", of, logins)
		}
		k.must(0, "list").has("42", "192.0.2.1", `"ann\x1b[2J"`, "LAST SEEN").lacks("\x1b")
		k.must(0, "list", "--user", "bob").has("there are none")
		k.start(p, func(s *gormsession.State) { s.LogIn("bob") })
		if err := k.db.Exec("UPDATE web_sessions SET public_id = ?, agent = ? WHERE user_id = 'bob'",
			"\u009b2J", "\u009b2J\u202eFirefox\U000e0041 ä").Error; err != nil {
			k.t.Fatal(err)
		}
		list := k.must(0, "list", "--json").has(`\u009b2J\u202eFirefox\udb40\udc41 ä`)
		for _, s := range []said{list, k.must(0, "list"), k.must(0, "show", "\u009b2J"),
			k.must(0, "show", "\u009b2J", "--json")} {
			s.lacks("\u009b", "\u202e", "\U000e0041")
		}
		want(k.t, "decoded", decode[listing](k.must(0, "list", "--user", "bob", "--json")).
			Sessions[0].Agent, "\u009b2J\u202eFirefox\U000e0041 ä")
	})
}

// Where they do not, it says by what they would.
func TestNoUsers(t *testing.T) {
	eachDesk(t, func(k *desk) {
		k.plugin()
		k.must(1, "list", "--user", "42").has("migrate --users")
		k.must(1, "end", "--user", "42", "--yes").has("migrate --users")
	})
}

// Columns of a model of the application's own, also such as an insert must fill, are no matter.
func TestModelOfTheApplication(t *testing.T) {
	eachDesk(t, func(k *desk) {
		if err := k.db.AutoMigrate(new(visit)); err != nil {
			k.t.Fatal(err)
		}
		p := k.plugin(gormsession.WithModel(
			func(row gormsession.Session, _ gormsession.Entries) visit { return visit{row, "shop"} }))
		key := k.start(p, func(s *gormsession.State) { s.Set("a", 1) })
		args := []string{"--table", "visits"}
		l := decode[listing](k.must(0, append(args, "list", "--json")...))
		want(k.t, "listed", len(l.Sessions), 1)
		k.must(0, append(args, "show", sessionkey.Handle(key))...).has("live")
		k.must(0, append(args, "stats")...)
		k.must(0, append(args, "clear")...)
		k.run(append(args, "doctor")...).has("hint", "tenant", "WithModel")
		k.must(0, append(args, "end", sessionkey.Handle(key), "--yes")...)
		want(k.t, "lives", k.lives(p, key), false)
	})
}

// A visit is a row of an application.
type visit struct {
	gormsession.Session
	Tenant string `gorm:"not null"`
}

func (visit) TableName() string { return "visits" }

// What a session holds is shown by names and sizes, and by values where they are asked for.
func TestShow(t *testing.T) {
	eachDesk(t, func(k *desk) {
		p := k.plugin(gormsession.WithUsers())
		key := k.start(p, func(s *gormsession.State) {
			s.LogIn(42, gormsession.Device{Agent: "Firefox"})
			s.Set("cart", "a private thing")
		})
		login := decode[listing](k.must(0, "list", "--json")).Sessions[0].Handle
		for _, handle := range []string{login, sessionkey.Handle(key),
			strings.ToUpper(sessionkey.Handle(key))} {
			k.must(0, "show", handle).has(login, sessionkey.Handle(key), "42", "Firefox", "cart", "17 B").
				lacks("private")
		}
		k.must(0, "show", login, "--values").has(`"a private thing"`)
		d := decode[detail](k.must(0, "show", login, "--values", "--json"))
		if i := slices.IndexFunc(d.Entries, func(e entry) bool { return e.Name == "cart" }); i < 0 ||
			string(d.Entries[i].Value) != `"a private thing"` || !d.Live {
			k.t.Errorf("%+v", d)
		}
		k.must(1, "show", "0123456789ab").has("there is no session of that handle")
		k.must(1, "show", "NOTTHERE").has("there is no session of that handle")
	})
}

// What the codec cannot read is said to be so.
func TestShowDamaged(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	key := k.start(k.plugin(), func(s *gormsession.State) { s.Set("a", 1) })
	k.db.Exec("UPDATE web_sessions SET session_data = 'gob and not JSON'")
	k.must(0, "show", sessionkey.Handle(key), "--values").has("WithCodec").lacks("gob and")
}

// The row of a former key says where its session goes on, and shows neither key.
func TestShowFormerKey(t *testing.T) {
	eachDesk(t, func(k *desk) {
		now := time.Now()
		p := k.plugin(gormsession.WithKeyRotation(time.Minute),
			gormsession.WithClock(func() time.Time { return now }))
		key := k.start(p, func(s *gormsession.State) { s.Set("a", 1) })
		now = now.Add(2 * time.Minute)
		next := k.rotate(p, key)
		k.must(0, "show", sessionkey.Handle(key), "--values").
			has("the session goes on as " + sessionkey.Handle(next))
		k.must(0, "end", sessionkey.Handle(key), "--yes")
		want(k.t, "the session lives", k.lives(p, next), false)
	})
}

// Of a sealed row nobody can tell without its key whether the session goes on under another key,
// which is said; with the key that session ends.
func TestEndOfASealedFormerKey(t *testing.T) {
	eachDesk(t, func(k *desk) {
		now := time.Now()
		p := k.plugin(gormsession.WithKeyRotation(time.Minute), gormsession.WithUsers(),
			gormsession.WithEncryption(rawKey(1)),
			gormsession.WithClock(func() time.Time { return now }))
		key := k.start(p, func(s *gormsession.State) { s.Set("a", 1) })
		user := k.start(p, func(s *gormsession.State) { s.LogIn("ann") })
		k.must(0, "end", sessionkey.Handle(user), "--yes").lacks("sealed")
		now = now.Add(2 * time.Minute)
		next := k.rotate(p, key)
		k.must(3, "end", sessionkey.Handle(key)).has("nothing was done", "--keys-file")
		k.env[keysVariable] = sealKey(1)
		k.must(0, "end", sessionkey.Handle(key), "--yes").lacks("sealed")
		want(k.t, "the session lives", k.lives(p, next), false)
		key = k.start(p, func(s *gormsession.State) { s.Set("a", 1) })
		delete(k.env, keysVariable)
		k.must(3, "end", sessionkey.Handle(key), "--yes").has("1 session ended", "--keys-file")
		want(k.t, "a session without a former key lives", k.lives(p, key), false)
	})
}

// Django's rows are shown where SECRET_KEY is there, and are listed and ended without it.
func TestDjangosTable(t *testing.T) {
	eachDesk(t, func(k *desk) {
		k.secrets = append(k.secrets, djangoSecret)
		p := k.plugin(shared())
		key := k.start(p, func(s *gormsession.State) { s.Set("cart", "milk") })
		handle := sessionkey.Handle(key)
		k.must(0, "list", "--django").has(handle)
		k.must(0, "show", handle, "--django", "--values").has("SECRET_KEY").lacks("milk")
		file := k.file("secret", "a newer one\n"+djangoSecret+"\n")
		k.must(0, "show", handle, "--django", "--values", "--django-secret-file", file).
			has("cart", "milk")
		k.env[djangoVariable] = "another"
		k.must(0, "show", handle, "--django").has("another SECRET_KEY")
		k.env[djangoVariable] = djangoSecret
		k.must(0, "show", handle, "--django", "--values").has("milk")
		k.must(0, "show", handle, "--django", "--django-salt", "x").has("salt")
		delete(k.env, djangoVariable)
		k.must(0, "end", handle, "--django").has("nothing was done")
		want(k.t, "lives", k.lives(p, key), true)
		k.must(0, "end", handle, "--django", "--yes")
		want(k.t, "lives", k.lives(p, key), false)
		k.must(1, "list").has("is missing")
		k.must(1, "list", "--table", "django_session").has("--django")
	})
}

// rotate has a session get a new key, as by a request once it is time, and returns that.
func (k *desk) rotate(p *gormsession.Plugin, key string) string {
	k.t.Helper()
	next := k.request(p, key)
	k.secrets = append(k.secrets, next, sessionkey.Hash(next))
	if next == key {
		k.t.Fatal("the session has kept its key")
	}
	return next
}
