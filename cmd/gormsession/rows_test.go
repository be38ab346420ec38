package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/seal"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// sum is how many sessions a histogram has.
func sum(bars []bar) (n int64) {
	for _, b := range bars {
		n += b.Sessions
	}
	return n
}

// in is how many sessions the bar of that name has.
func in(bars []bar, what string) int64 {
	for _, b := range bars {
		if b.What == what {
			return b.Sessions
		}
	}
	return -1
}

// The statistics count each live session once in each histogram, where it belongs.
func TestStats(t *testing.T) {
	eachDesk(t, func(k *desk) {
		now := time.Now()
		p := k.plugin(gormsession.WithUsers(),
			gormsession.WithClock(func() time.Time { return now }))
		k.must(0, "stats").has("live", "0, of 0 users")
		now = now.Add(-10 * 24 * time.Hour) // old, and alive for two weeks and an hour more
		k.start(p, func(s *gormsession.State) {
			s.LogIn("ann")
			s.SetExpiry(24*24*time.Hour + time.Hour)
		})
		now = time.Now()
		k.start(p, func(s *gormsession.State) { s.LogIn("ann"); s.SetExpiry(30 * time.Minute) })
		k.start(p, func(s *gormsession.State) { s.Set("text", strings.Repeat("x", 5000)) })
		k.expired(3)
		s := decode[statistics](k.must(0, "stats", "--json"))
		want(k.t, "live", s.Live, 3)
		want(k.t, "expired", s.Expired, 3)
		want(k.t, "logged in", *s.LoggedIn, 2)
		want(k.t, "users", *s.Users, 1)
		want(k.t, "the largest", s.Largest > 5000 && s.Largest < 5200, true)
		want(k.t, "all bytes", s.Bytes > s.Largest, true)
		for name, bars := range map[string][]bar{
			"size": s.Sizes, "ends": s.Ends, "age": s.Ages, "idle": s.Idle,
		} {
			want(k.t, "sessions in "+name, sum(bars), 3)
		}
		want(k.t, "of 5000 bytes", in(s.Sizes, "up to 16 KiB"), 1)
		want(k.t, "small ones", in(s.Sizes, "up to 256 B"), 2)
		want(k.t, "within an hour", in(s.Ends, "within an hour"), 1)
		want(k.t, "within 30 days", in(s.Ends, "within 30 days"), 2)
		want(k.t, "young", in(s.Ages, "up to an hour"), 2)
		want(k.t, "10 days old", in(s.Ages, "up to 30 days"), 1)
		k.must(0, "stats").has("last seen", "#").lacks("sealed")
	})
}

// A table without users, and Django's, are counted too.
func TestStatsOfOthers(t *testing.T) {
	for layout, opts := range models {
		t.Run(layout, func(t *testing.T) {
			eachDesk(t, func(k *desk) {
				p := k.plugin(opts...)
				k.start(p, func(s *gormsession.State) { s.Set("a", 1) })
				args := []string{"stats", "--json"}
				if layout == "django" {
					args = append(args, "--django")
				}
				s := decode[statistics](k.must(0, args...))
				want(k.t, "live", s.Live, 1)
				want(k.t, "sizes", sum(s.Sizes), 1)
				want(k.t, "users are known", s.Users != nil, layout == "users")
			})
		})
	}
}

// sealKey is a key of WithEncryption in base64.
func sealKey(n byte) string { return base64.StdEncoding.EncodeToString(rawKey(n)) }

func rawKey(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }

// Rows are sealed, sealed with another key, and opened, and their sessions live on; a dry run
// counts alone; no key is on the screen.
func TestReseal(t *testing.T) {
	eachDesk(t, func(k *desk) {
		first, second := sealKey(1), sealKey(2)
		k.secrets = append(k.secrets, first, second, hex.EncodeToString(rawKey(2)))
		both := gormsession.WithDecryption(rawKey(1), rawKey(2))
		p := k.plugin(both)
		keys := []string{
			k.start(p, func(s *gormsession.State) { s.Set("cart", "milk") }),
			k.start(p, func(s *gormsession.State) { s.Set("cart", "tea") }),
		}
		reads := func() {
			k.t.Helper()
			for _, key := range keys {
				want(k.t, "the session lives", k.lives(p, key), true)
			}
		}
		handle := sessionkey.Handle(keys[0])
		k.env[keysVariable] = first
		r := decode[resealed](k.must(0, "reseal", "--json"))
		want(k.t, "rows", r.Rows, 2)
		k.must(0, "show", handle).has("cart").lacks("sealed")
		k.must(0, "reseal", "--yes").has("2 rows are sealed with the key " + seal.ID(rawKey(1)))
		reads()
		k.must(0, "stats").has("2 with the key "+seal.ID(rawKey(1)), "0 open")

		k.must(0, "show", handle, "--values").has("sealed by", "milk")
		delete(k.env, keysVariable)
		k.must(0, "show", handle, "--values").has("sealed by", "--keys-file").lacks("milk")
		k.env[keysVariable] = second
		k.must(0, "show", handle, "--values").has("need the key " + seal.ID(rawKey(1))).lacks("milk")

		k.must(3, "reseal", "--yes").has("2 rows cannot be read with these keys")
		file := k.file("keys", hex.EncodeToString(rawKey(2))+"\n\n"+first+"\n")
		want(k.t, "rows", decode[resealed](k.must(0, "reseal", "--keys-file", file, "--json")).Rows, 2)
		k.in = second + "\n" + first
		k.must(0, "reseal", "--keys-file", "-", "--yes").has("2 rows are sealed")
		k.must(0, "reseal", "--keys-file", file, "--yes").has("0 rows")
		reads()
		k.must(0, "reseal", "--open", "--yes").has("2 rows are open now")
		reads()
		k.must(0, "show", handle, "--values").has("milk").lacks("sealed")
		k.env[keysVariable] = "no key at all, by any means"
		k.must(1, "reseal", "--yes").has("key 1", "openssl rand").lacks("by any means")
		k.must(1, "reseal", "--django", "--keys-file", file).has("Django could not read them")
	})
}

// Each move is one that django.MoveToHashed does, and a dry run says beforehand what will stay.
func TestMove(t *testing.T) {
	eachDesk(t, func(k *desk) {
		k.secrets = append(k.secrets, djangoSecret)
		p := k.plugin(shared())
		var keys []string
		for range 3 {
			keys = append(keys, k.start(p, func(s *gormsession.State) { s.Set("cart", "milk") }))
		}
		k.env[djangoVariable] = "another secret"
		r := decode[moved](k.must(3, "move", "--django-time-zone", "UTC", "--json"))
		want(k.t, "undecodable", r.Undecodable, 3)
		k.env[djangoVariable] = djangoSecret
		k.db.Exec("INSERT INTO django_session SELECT 'SHORTKEY', session_data, expire_date "+
			"FROM django_session WHERE session_key = ?", keys[0])
		k.must(3, "move", "--django-time-zone", "UTC").has("CREATE TABLE", "3 sessions would move",
			"but for those whose key the table has already", "1 row stay")
		if k.db.Migrator().HasTable("web_sessions") {
			k.t.Fatal("a dry run has made the table")
		}
		k.must(3, "move", "--django-time-zone", "UTC", "--yes").
			has("3 sessions moved", "their keys are not 32")
		own := k.plugin()
		for _, key := range keys {
			want(k.t, "lives in the own table", k.lives(own, key), true)
			want(k.t, "lives in Django's", k.lives(p, key), false)
		}
		k.db.Exec("DELETE FROM django_session")
		k.must(0, "move", "--django-time-zone", "UTC", "--yes").
			has("0 sessions moved").lacks("CREATE TABLE")
	})
}

// Where Django's clock hangs on a wall, of which rows do not tell, clear and move do nothing until
// they are told; then no session that lives is lost.
func TestZoneOfDjango(t *testing.T) {
	eachDesk(t, func(k *desk) {
		k.env[djangoVariable] = djangoSecret
		zone, err := time.LoadLocation("America/Los_Angeles")
		if err != nil {
			k.t.Fatal(err)
		}
		p := k.plugin(django.Compatible(django.Config{SecretKey: djangoSecret, TimeZone: zone}))
		key := k.start(p, func(s *gormsession.State) {
			s.Set("cart", "milk")
			s.SetExpiry(2 * time.Hour) // which in UTC was hours ago
		})
		if k.d.Kind() != dbtest.Postgres {
			for _, line := range []string{
				"clear --django", "clear --django --dry-run", "move", "move --yes",
			} {
				k.must(2, strings.Fields(line)...).has("--django-time-zone", "UTC where USE_TZ is True")
			}
		}
		there := []string{"--django-time-zone", "America/Los_Angeles"}
		k.must(0, append(there, "clear", "--django")...).has("0 expired rows deleted")
		want(k.t, "lives", k.lives(p, key), true)
		k.must(0, append(there, "move", "--yes")...).has("1 session moved")
		want(k.t, "lives in the own table", k.lives(k.plugin(), key), true)
	})
}

// A move may seal what it moves, and knows other tables.
func TestMoveSealed(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	p := k.plugin(shared(), gormsession.WithTable("site_session"))
	key := k.start(p, func(s *gormsession.State) { s.Set("cart", "milk") })
	k.env[djangoVariable], k.env[keysVariable] = djangoSecret, sealKey(1)
	k.must(0, "move", "--yes", "--django-time-zone", "UTC", "--from", "site_session",
		"--table", "shop_sessions").
		has("1 session moved")
	k.must(0, "show", sessionkey.Handle(key), "--table", "shop_sessions").has("sealed by", "cart")
}

// A file with secrets that others may read is warned of.
func TestSecretsThatOthersMayRead(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.plugin()
	file := k.file("keys", sealKey(1))
	k.must(0, "reseal", "--keys-file", file).lacks("warning")
	chmod(t, file, 0o644)
	k.must(0, "reseal", "--keys-file", file).has("warning: others may read")
	k.must(1, "reseal", "--keys-file", file+"-that-is-not-there")
}

// Who gives a secret in the place of its file does not see it again.
func TestSecretAsFile(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.plugin()
	k.secrets = append(k.secrets, sealKey(1), djangoSecret)
	k.must(1, "reseal", "--keys-file", sealKey(1)).has("--keys-file", "no such file")
	k.must(1, "move", "--django-time-zone", "UTC", "--django-secret-file", djangoSecret).
		has("--django-secret-file", "no such file")
}
