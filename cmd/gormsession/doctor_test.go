package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// found is the finding of doctor whose text has that part; its level is "" where there is none.
func (k *desk) found(part string, args ...string) finding {
	k.t.Helper()
	d := decode[diagnosis](k.run(append([]string{"doctor", "--json"}, args...)...))
	for _, f := range d.Findings {
		if strings.Contains(f.What, part) && f.Level != isFine {
			return f
		}
	}
	return finding{}
}

// mended plants nothing: what has that part in its text is a fault now, with a mend that mend
// carries out, and none afterwards.
func (k *desk) mended(part string, mend func(how string), args ...string) {
	k.t.Helper()
	f := k.found(part, args...)
	if f.Level != isFault || f.Mend == "" {
		k.t.Fatalf("%s: found %+v", part, f)
	}
	mend(f.Mend)
	if f := k.found(part, args...); f.Level != "" {
		k.t.Errorf("%s: after its mend there is %+v", part, f)
	}
}

// byStatement is a mend that is a statement.
func (k *desk) byStatement(how string) {
	k.t.Helper()
	if err := k.db.Exec(how).Error; err != nil {
		k.t.Fatalf("%s: %v", how, err)
	}
}

// byCommand is a mend that begins with a command of this program.
func (k *desk) byCommand(how string) {
	k.t.Helper()
	command, _, _ := strings.Cut(how, ",")
	words := strings.Fields(command)
	if len(words) == 0 || words[0] != "gormsession" {
		k.t.Fatalf("%q is no command", how)
	}
	k.must(0, words[1:]...)
}

// Where all is well nothing is found, and the program exits with 0.
func TestDoctorFindsNothing(t *testing.T) {
	for layout, opts := range models {
		t.Run(layout, func(t *testing.T) {
			eachDesk(t, func(k *desk) {
				k.plugin(opts...)
				args := []string{"doctor", "--pool", "10"}
				if layout == "django" {
					args = append(args, "--django")
				}
				if k.d.Kind() == dbtest.SQLite {
					k.env[dsnVariable] = strings.Replace(k.env[dsnVariable], "=5000", "=4000", 1)
				}
				k.must(0, args...).has("0 faults", "ok").lacks("fault ", "mend: S")
			})
		})
	}
}

// Faults of the table are found on each database, and their mends mend them.
func TestDoctorMendsTheTable(t *testing.T) {
	eachDesk(t, func(k *desk) {
		k.mended("is missing", k.byCommand)
		k.mended("is missing", k.byCommand, "--table", "shop_sessions")
		k.mended("has no column user_id", k.byCommand, "--users")
		drop := "DROP INDEX %s"
		if k.d.Kind() == dbtest.MariaDB {
			drop += " ON web_sessions"
		}
		for _, column := range []string{"expire_date", "user_id"} {
			var name string
			for _, prefix := range []string{"idx_web_sessions_", "idx_user_sessions_"} {
				if k.db.Migrator().HasIndex("web_sessions", prefix+column) {
					name = prefix + column
				}
			}
			k.byStatement(fmt.Sprintf(drop, name))
			k.mended("no index on "+column, k.byStatement)
		}
		k.expired(10_001)
		k.mended("nobody deletes them", k.byCommand)
		k.byStatement("CREATE TABLE orders (id integer, total integer)")
		f := k.found("New refuses the table", "--table", "orders")
		if f.Level != isFault || !strings.Contains(f.Mend, "choose another name") {
			k.t.Errorf("a table of something else: %+v", f)
		}
	})
}

// PostgreSQL packs a table that somebody else has made too full.
func TestDoctorFillfactor(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.Postgres))
	k.must(0, "migrate", "--yes")
	k.byStatement("ALTER TABLE web_sessions RESET (fillfactor)")
	k.mended("packs the pages", k.byStatement)
}

// Rights that the account lacks are named.
func TestDoctorRights(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			k := newDesk(t, dbtest.New(t, kind))
			k.plugin()
			other := k.d.As(t, "GRANT SELECT ON web_sessions TO %s")
			k.env[dsnVariable] = dsnOf(other)
			s, err := parseDSN(dsnOf(other))
			if err != nil {
				t.Fatal(err)
			}
			account := ""
			if s.mysql != nil {
				account = s.mysql.User + "@'%'"
			} else {
				account = s.postgres.User
			}
			grant := func(how string) {
				k.byStatement(strings.Replace(how, "the account", account, 1))
			}
			k.mended("may not DELETE, INSERT, UPDATE", grant)
			if s.postgres != nil { // without any right MariaDB opens no database
				k.byStatement("REVOKE ALL ON web_sessions FROM " + account)
				k.mended("may not be read", grant)
			}
		})
	}
}

// A cookie that browsers refuse is found, and one that they take is not.
func TestDoctorCookie(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.plugin()
	k.env[dsnVariable] = strings.Replace(k.env[dsnVariable], "=5000", "=4000", 1)
	for flags, wanted := range map[string]string{
		"":                                   "",
		"--cookie __Host-a":                  "",
		"--cookie __Host-a --cookie-path /x": "refuses the settings",
		"--cookie __Host-a --cookie-domain example.com": "refuses the settings",
		"--cookie __Secure-a --cookie-secure never":     "refuses the settings",
		"--cookie __Http-a --cookie-http-only=false":    "refuses the settings",
		"--cookie-same-site none --cookie-secure never": "refuses the settings",
		"--cookie-partitioned --cookie-secure never":    "refuses the settings",
		"--cookie a=b":                                               "refuses the settings",
		"--cookie-domain https://example.com":                        "refuses the settings",
		"--cookie-domain example.com":                                "",
		"--cookie-domain .example.com":                               "",
		"--cookie-domain localhost":                                  "has no dot",
		"--cookie-domain 192.0.2.1":                                  "is an address",
		"--cookie-domain co.uk":                                      "public suffix",
		"--cookie-domain github.io":                                  "public suffix",
		"--cookie-domain a.example --site https://b.example":         "is not within the Domain",
		"--cookie-domain example.com --site https://myexample.com":   "is not within the Domain",
		"--cookie-domain example.com --site https://a.example.com/":  "",
		"--cookie-secure always --site http://a.example.com":         "is not: browsers refuse it",
		"--cookie-same-site none --site http://a.example.com":        "is not: browsers refuse it",
		"--cookie-secure never --site https://a.example.com":         "is not Secure",
		"--cookie-path /shop --site https://a.example.com/other":     "is not within the Path",
		"--cookie-path /shop --site https://a.example.com/shopping":  "is not within the Path",
		"--cookie-path /shop --site https://a.example.com/shop/cart": "",
		"--cookie __Host-a --site https://a.example.com":             "",
	} {
		s := k.run(append([]string{"doctor", "--json"}, strings.Fields(flags)...)...)
		d := decode[diagnosis](s)
		i := slices.IndexFunc(d.Findings, func(f finding) bool { return f.Level == isFault })
		switch {
		case wanted == "" && (i >= 0 || s.code != 0):
			t.Errorf("%s: %d, %+v", flags, s.code, d.Findings)
		case wanted != "" && (i < 0 || s.code != 3 || d.Findings[i].Mend == "" ||
			!strings.Contains(d.Findings[i].What, wanted)):
			t.Errorf("%s: %d, %+v", flags, s.code, d.Findings)
		}
	}
	want(t, "a Secure cookie on this machine",
		k.found("Safari", "--cookie-secure", "always", "--site", "http://localhost:8080").Level, isHint)
	f := k.found("plant a cookie", "--site", "https://shop.example.com")
	want(t, "a name without a prefix", f.Mend, `WithCookieName("__Host-session")`)
	f = k.found("plant a cookie", "--django", "--site", "https://shop.example.com")
	want(t, "the name of Django's cookie", f.Level, "")
	want(t, "a prefix that is none", k.found("is Secure", "--cookie", "__shop", "--site",
		"http://shop.example.com").Level, "")
}

// A flag that is wrong is the operator's mistake, and a secret that cannot be read an error; no
// fault of the table.
func TestDoctorMisuse(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.must(2, "doctor", "--django", "--django-time-zone", "Mars/Olympus").has("--help says more")
	k.must(1, "doctor", "--django", "--django-secret-file", "/no/such/file").has("no such file")
}

// What cannot be mended by a column is not said to be.
func TestDoctorOfUsersInDjangosTable(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.must(0, "migrate", "--django", "--yes")
	f := k.found("WithUsers on Django's table", "--django", "--users")
	if f.Level != isFault || !strings.Contains(f.Mend, "move to the own table") {
		t.Errorf("found %+v", f)
	}
}

// Doctor changes nothing.
func TestDoctorChangesNothing(t *testing.T) {
	for _, kind := range dbtest.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			d := dbtest.New(t, kind)
			k := newDesk(t, d)
			key := k.start(k.plugin(), func(s *gormsession.State) { s.Set("a", 1) })
			k.expired(3)
			before := k.rows()
			k.run("doctor")
			k.must(0, "stats")
			k.must(0, "list")
			want(t, "the rows", k.rows(), before)
			s, err := k.plugin().Open(context.Background(), key)
			if err != nil || s.Len() != 1 {
				t.Error(s, err)
			}
		})
	}
}

// rows are all there are, as a text.
func (k *desk) rows() string {
	k.t.Helper()
	var rows []gormsession.Session
	if err := k.db.Order("session_key").Find(&rows).Error; err != nil {
		k.t.Fatal(err)
	}
	text := ""
	for _, row := range rows {
		text += row.SessionKey + row.SessionData + row.ExpireDate.String() + "\n"
	}
	return text
}
