package main

import (
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A DSN that is wrong is said to be, with the code of its kind, and no part of its password.
func TestWrongDSN(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // of whom nobody takes the call
	if err != nil {
		t.Fatal(err)
	}
	address := silent.Addr().String()
	silent.Close()
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.secrets = []string{"gehe", "eim"}
	for dsn, want := range map[string]struct {
		code int
		says string
	}{
		"":                                     {2, "--dsn is empty"},
		"redis://shop:gehe#eim@host":           {2, "none of"},
		"nonsense gehe#eim":                    {2, "none of"},
		"sqlite:":                              {2, "takes a file"},
		"sqlite:/no/such/folder/app.db":        {1, "migrate --yes makes it"},
		"postgres://shop:gehe%zzeim@host/shop": {2, "%23 for #"},
		"postgres://shop:gehe/eim@host/shop":   {2, "%23 for #"},
		"postgres://shop:gehe#eim@host/shop":   {2, "%23 for #"},
		"postgres://shop:geheeim@host/shop?sslmode=perhaps":    {2, "sslmode"},
		"host=127.0.0.1 port=1 password='geheeim":              {2, "PostgreSQL's"},
		"postgres://shop:geheeim@" + address + "/shop":         {1, "cannot be opened"},
		"host=127.0.0.1 port=1 password=geheeim":               {1, "cannot be opened"},
		"mysql://shop:gehe/eim@host":                           {2, "MySQL's"},
		"mysql://shop:gehe#eim@host/shop":                      {2, "MySQL's"},
		"mysql://shop:geheeim@tcp(" + address + ")/shop":       {1, "cannot be opened"},
		"mysql://shop:geheeim@" + address + "/shop":            {1, "cannot be opened"},
		"shop:geheeim@tcp(" + address + ")/shop":               {1, "cannot be opened"},
		"shop:geheeim@tcp(" + address + ")/shop?timeout=never": {2, "MySQL's"},
		"postgres://shop:gehe@eim@host/shop":                   {2, "%40 for @"},
		"postgres://shop:12/eim@host/shop":                     {2, "%2F for /"},
		"postgres://shop:12?eim@host/shop":                     {2, "%3F for ?"},
		"postgres://shop:12#eim@host/shop":                     {2, "%23 for #"},
		"mysql://shop:gehe@eim@host/shop":                      {2, "%40 for @"},
		"mysql://shop:12/eim@host/shop":                        {2, "%2F for /"},
		"mysql://shop:12?eim@host/shop":                        {2, "%3F for ?"},
		"cockroach://shop:gehe/eim@host/shop.db":               {2, "none of"},
	} {
		delete(k.env, dsnVariable)
		args := []string{"list", "--timeout", "5s", "--dsn", dsn}
		if strings.HasPrefix(dsn, "postgres") { // by the environment as well
			args, k.env[dsnVariable] = args[:3], dsn
		}
		if got := k.run(args...).has(want.says); got.code != want.code {
			t.Errorf("%s exits with %d, not %d: %s", dsn, got.code, want.code, got.err)
		}
	}
}

// A DSN that is given in the wrong place is not shown.
func TestMisplacedDSN(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.secrets = []string{"geheim"}
	for _, dsn := range []string{
		"postgres://shop:geheim@host/shop", "shop:geheim@tcp(host)/shop", "host=h password=geheim",
	} {
		for _, line := range [][]string{
			{dsn}, {"doctor", dsn}, {"show", "a", dsn}, {"end", dsn}, {"list", "-dsn=" + dsn},
			{"list", "-d" + dsn}, {"list", "--json=" + dsn}, {"list", "--timeout", dsn},
		} {
			k.must(2, line...).has("gormsession: ", "--help says more")
		}
		k.must(2, "doctor", dsn).has("the database is named by --dsn")
	}
}

// An account whose password is wrong is told so by the database, and sees no password.
func TestWrongPassword(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(kind), func(t *testing.T) {
			k := newDesk(t, dbtest.New(t, kind))
			k.env[dsnVariable] = strings.Replace(k.env[dsnVariable], k.secrets[0], "wrong-geheim", 1)
			k.secrets = append(k.secrets, "wrong-geheim")
			k.must(1, "list").has("cannot be opened")
		})
	}
}

// A server that takes the call and says nothing is given up after --timeout.
func TestSilentServer(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	for _, dsn := range []string{
		"mysql://shop:geheim@" + silent.Addr().String() + "/shop",
		"postgres://shop:geheim@" + silent.Addr().String() + "/shop",
	} {
		k.must(1, "list", "--timeout", "200ms", "--dsn", dsn).has("cannot be opened").lacks("geheim")
	}
}

// Forms of one DSN mean the same.
func TestFormsOfDSN(t *testing.T) {
	for dsn, want := range map[string]string{
		"sqlite:app.db":                      "sqlite:app.db",
		"sqlite://app.db":                    "sqlite:app.db",
		"sqlite:///srv/app.db?_x=1":          "sqlite:/srv/app.db",
		"app.db":                             "sqlite:app.db",
		"file:/srv/my%20app.db?mode=rw":      "sqlite:/srv/my app.db",
		"sqlite:file:app.db":                 "sqlite:app.db",
		"postgresql://a:b@h/shop":            "postgres://h:5432/shop",
		"host=h user=a dbname=shop port=6":   "postgres://h:6/shop",
		"mysql://a:b@tcp(h:3307)/shop":       "mysql://tcp(h:3307)/shop",
		"mysql://a:b@h/shop?charset=utf8mb4": "mysql://tcp(h:3306)/shop",
		"mysql://a:p%40ss@h:3307/shop":       "mysql://tcp(h:3307)/shop",
		"a:b@unix(/run/my.sock)/shop":        "mysql://unix(/run/my.sock)/shop",
	} {
		s, err := parseDSN(dsn)
		if err != nil || s.name != want {
			t.Errorf("%s is %q, %v, and not %s", dsn, s.name, err, want)
		}
		if s.mysql != nil && strings.Contains(dsn, "p%40ss") && s.mysql.Passwd != "p@ss" {
			t.Errorf("%s has the password %q", dsn, s.mysql.Passwd)
		}
	}
}

// A command line that is not understood is 2, and says where to read on.
func TestMisuse(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.must(0, "migrate", "--yes")
	for _, line := range []string{
		"lst", "list --nonsense", "list one", "show", "show one two", "end", "end a --user b",
		"end --everybody --user b", "list --limit=-1", "list --limit 0", "list --limit 10001",
		"list --after 2", "list --after 2026-12-02T09:30:00Z/x", "list --timeout soon",
		"schema --engine oracle", "schema --engine sqlite --model none",
		"schema --engine sqlite --format xml", "reseal", "move", "fill", "doctor --site nowhere",
		"doctor --cookie-same-site never", "doctor --cookie-secure perhaps",
		"list --django --django-time-zone Mars/Olympus", "show nothing", "list --timeout 0",
		"end --everybody --yes --table=", "end --everybody --yes --dsn=", "list --user=",
		"show 0000000000000000000000000000000000000000000000000000000000000000",
	} {
		k.must(2, strings.Fields(line)...).has("gormsession: ", "--help says more")
	}
	k.must(2, "lst").has("is it list?")
	k.must(0, "list", "--after", "") // the first page of a loop
	k.must(1, "list", "--table", "a b").has("--table takes")
	k.must(0, "migrate", "--users", "--yes")
	k.must(1, "fill", "").has(": name the entry")
	delete(k.env, dsnVariable)
	k.must(2, "list").has("which database?")
}

// Without a table each command says so, with 1, and makes none; doctor has it as a fault.
func TestMissingTable(t *testing.T) {
	eachDesk(t, func(k *desk) {
		k.env[djangoVariable], k.env[keysVariable] = djangoSecret, sealKey(1)
		for _, line := range []string{
			"list", "show 0123456789ab", "end 0123456789ab --yes", "end --everybody --yes", "clear", "stats",
			"fill user_id --yes", "reseal --yes", "move --yes --django-time-zone UTC",
		} {
			k.must(1, strings.Fields(line)...).has("is missing")
		}
		k.must(3, "doctor").has("is missing", "mend: gormsession migrate --yes")
		if k.db.Migrator().HasTable("web_sessions") || k.db.Migrator().HasTable("django_session") {
			k.t.Error("a table was made")
		}
	})
}

// What could not be written is an error, as on a disk that is full.
func TestFullDisk(t *testing.T) {
	for _, line := range []string{"schema --engine mysql", "schema --engine mysql --json"} {
		code := run(t.Context(), strings.Fields(line), world{
			out: full{}, err: io.Discard, getenv: func(string) string { return "" }, now: time.Now,
		})
		want(t, line, code, exitFailed)
	}
}

// A full is a disk that has no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// Each command teaches: it has a text, and examples that are its own.
func TestHelp(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.must(0).has("Available Commands", "It exits with")
	for _, c := range (&tool{}).command().Commands() {
		if len(c.Long) < 100 || !strings.Contains(c.Example, "gormsession "+c.Name()) {
			t.Errorf("%s teaches nothing: %q, %q", c.Name(), c.Long, c.Example)
		}
		k.must(0, c.Name(), "--help").has(c.Long, c.Example)
		for _, text := range []string{c.Long, c.Example} {
			for line := range strings.SplitSeq(text, "\n") {
				if len(line) > 104 {
					t.Errorf("%s: a line of %d columns: %s", c.Name(), len(line), line)
				}
			}
		}
	}
	k.must(0, "completion", "bash").has("bash completion")
	k.must(0, "__complete", "schema", "--engine", "").has("postgres")
	k.must(0, "__complete", "").has("doctor")
}
