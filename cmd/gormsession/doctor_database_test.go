package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A clock that differs from the database's is found, either way.
func TestDoctorClock(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			k := newDesk(t, dbtest.New(t, kind))
			k.plugin()
			for ago, says := range map[time.Duration]string{
				time.Hour: "behind this machine's", -time.Hour: "ahead of this machine's",
			} {
				k.ago = ago
				k.mended(says, func(string) { k.ago = 0 })
			}
		})
	}
}

// Pools that are too small or too large are found.
func TestDoctorPool(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.Postgres))
	k.plugin()
	pool := []string{"--pool", "1"}
	set := func(how string) {
		var n int
		if _, err := fmt.Sscanf(how, "SetMaxOpenConns(%d)", &n); err != nil {
			t.Fatalf("%q: %v", how, err)
		}
		pool[1] = fmt.Sprint(n)
	}
	want(t, "a pool of one", k.found("a pool of one connection", pool...).Level, isHint)
	pool[1] = "0"
	k.mended("a pool without a limit", set, pool...)
	pool = []string{"--pool", "1000", "--processes", "3"}
	k.mended("are more than the", set, pool...)
	pool = []string{"--pool", "2", "--processes", "1000"}
	f := k.found("are more than the", pool...)
	if f.Level != isFault || !strings.HasPrefix(f.Mend, "max_connections of 2005 and more") {
		t.Errorf("many processes: %+v", f)
	}
}

// A pooler before PostgreSQL, of which nothing is known but the port, is a hint and no fault.
func TestDoctorPooler(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.Postgres))
	k.plugin()
	s, err := parseDSN(k.env[dsnVariable])
	if err != nil {
		t.Fatal(err)
	}
	port := forward(t, net.JoinHostPort(s.postgres.Host, fmt.Sprint(s.postgres.Port)))
	if !strings.Contains(k.env[dsnVariable], "port=") {
		t.Skip("the server's DSN is a URL")
	}
	k.env[dsnVariable] += fmt.Sprintf(" port=%d", port)
	f := k.found("there is a pooler between")
	if f.Level != isHint || !strings.Contains(f.Mend, "max_prepared_statements") {
		t.Errorf("%+v", f)
	}
	k.must(0, "doctor")
	want(t, "many connections to a pooler",
		k.found("are more than the", "--pool", "1000").Level, isHint)
	want(t, "a pool without a limit", k.found("without a limit", "--pool", "0").Level, isHint)
}

// forward hands connections on to another address, and returns the port where it listens.
func forward(t *testing.T, to string) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				from.Close()
				return
			}
			go func() { _, _ = io.Copy(server, from); server.Close() }()
			go func() { _, _ = io.Copy(from, server); from.Close() }()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

// A server that takes no writes is found.
func TestDoctorReadOnly(t *testing.T) {
	k := newDesk(t, dbtest.New(t, dbtest.Postgres))
	k.plugin()
	dsn := k.env[dsnVariable]
	if strings.Contains(dsn, "://") {
		t.Skip("the server's DSN is a URL")
	}
	k.env[dsnVariable] = dsn + " default_transaction_read_only=on"
	k.mended("takes no writes", func(string) { k.env[dsnVariable] = dsn })
}

// MySQL's settings are looked at, on a server of the test's own.
func TestDoctorMySQL(t *testing.T) {
	server := dbtest.StartServer(t, dbtest.MariaDB)
	k := newDesk(t, server.DB(t))
	k.plugin()
	k.byStatement("SET GLOBAL max_allowed_packet = 1048576")
	k.mended("max_allowed_packet", func(how string) {
		statement, _, _ := strings.Cut(how, ",")
		k.byStatement(statement)
	})
	k.byStatement("SET GLOBAL read_only = 1")
	k.mended("takes no writes", func(string) { k.byStatement("SET GLOBAL read_only = 0") })
	want(t, "two round trips", k.found("two round trips").Level, isHint)
	want(t, "with PrepareStmt", k.found("two round trips", "--prepare-stmt").Level, "")
	k.env[dsnVariable] += "&interpolateParams=true"
	want(t, "with interpolation", k.found("two round trips").Level, "")
}

// How SQLite is opened is looked at for either driver.
func TestDoctorSQLite(t *testing.T) {
	path := t.TempDir() + "/app.db"
	k := newDesk(t, dbtest.New(t, dbtest.SQLite))
	k.must(0, "migrate", "--yes", "--dsn", "sqlite:"+path)
	for options, wanted := range map[string]string{
		"":                                 "the DSN says no busy timeout",
		"?_busy_timeout=0":                 "no busy timeout",
		"?_busy_timeout=6000":              "is not below",
		"?_busy_timeout=4000":              "",
		"?_timeout=4000":                   "",
		"?_pragma=busy_timeout(4000)":      "",
		"?_pragma=busy_timeout%284000%29":  "",
		"?_pragma=busy_timeout(9000)":      "is not below",
		"?_pragma=foreign_keys(1)":         "the DSN says no busy timeout",
		"?_busy_timeout=4000&cache=shared": "cache=shared",
	} {
		k.env[dsnVariable] = "sqlite:file:" + path + options
		f := k.found("busy timeout")
		if wanted == "" && f.Level != "" || wanted != "" && !strings.Contains(f.What, wanted) {
			t.Errorf("%q: %+v", options, f)
		}
	}
	k.env[dsnVariable] = "sqlite:" + path + "?_busy_timeout=0"
	k.mended("no busy timeout", func(how string) {
		option, _, _ := strings.Cut(how, " ")
		k.env[dsnVariable] = "sqlite:" + path + option
	})
	k.mended("the journal is delete", func(how string) {
		_, statement, _ := strings.Cut(how, "'")
		statement, _, _ = strings.Cut(statement, "'")
		db, err := dbtest.OpenDSN(dbtest.SQLite, path)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
		conns, _ := db.DB()
		conns.Close()
	})
	k.must(3, "doctor", "--dsn", "sqlite::memory:").has("in memory", "sessiontest")
}
