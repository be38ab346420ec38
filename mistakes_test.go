package gormsession_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/sessiontest"
)

// A mistake is one that a user can make. make makes it and returns what he is told, where the log
// does not tell it.
type mistake struct {
	name string
	make func(m *maker) string
}

// A maker makes one mistake, on a database of its own.
type maker struct {
	*testing.T
	db  *gorm.DB
	log bytes.Buffer
}

// The golden file has each mistake that a user can make, as a test makes it, with what he is told:
// the text of an error or of a panic, or the lines of the log. To write it anew:
// go test -run TestMistakes -update. Read there whether what is new leads to its mend.
func TestMistakes(t *testing.T) {
	const golden = "testdata/mistakes.golden"
	var b strings.Builder
	all := slices.Concat(mistakesOfOptions, mistakesOfTables, mistakesOfHandlers, mistakesOfCalls)
	for _, mistake := range all {
		t.Run(mistake.name, func(t *testing.T) {
			m := &maker{T: t, db: dbtest.New(t, dbtest.SQLite).Open(t)}
			said := strings.TrimSpace(mistake.make(m) + "\n" + m.log.String())
			if said == "" {
				t.Error("nobody is told")
			}
			fmt.Fprintf(&b, "%s\n\t%s\n", mistake.name, strings.ReplaceAll(said, "\n", "\n\t"))
		})
	}
	if len(all) < 36 {
		t.Errorf("there are %d mistakes only", len(all))
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	was, is := strings.Split(string(text), "\n"), strings.Split(b.String(), "\n")
	for i := range max(len(was), len(is)) {
		if i >= len(was) || i >= len(is) || was[i] != is[i] {
			t.Fatalf("%s differs from its line %d on; it is now\n%s", golden, i+1,
				strings.Join(is[min(i, len(is)):], "\n"))
		}
	}
}

// plugin makes one that logs to the maker.
func (m *maker) plugin(opts ...gormsession.Option) *gormsession.Plugin {
	m.Helper()
	plugin, err := gormsession.New(m.db,
		append(opts, gormsession.WithLogger(m.logger()), gormsession.WithCleanup(0))...)
	if err != nil {
		m.Fatal(err)
	}
	return plugin
}

// logger writes what a log shows, without what is different each time.
func (m *maker) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(&m.log, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.TimeKey, "session", "sessions", "live", "url":
				return slog.Attr{}
			}
			return a
		},
	}))
}

// refused is what New says.
func refused(opts ...gormsession.Option) func(m *maker) string {
	return func(m *maker) string { return m.refusal(gormsession.New(m.db, opts...)) }
}

// refusal is the text of an error, which there has to be.
func (m *maker) refusal(_ any, err error) string {
	m.Helper()
	if err == nil {
		m.Error("there is no error")
		return ""
	}
	return err.Error()
}

// panicked is what a function panics with.
func (m *maker) panicked(f func()) (said string) {
	m.Helper()
	defer func() { said = fmt.Sprint(recover()) }()
	f()
	return ""
}

// visit has a browser ask handlers behind a session in turn, over HTTPS, and returns the last
// response.
func (m *maker) visit(plugin *gormsession.Plugin, handlers ...gin.HandlerFunc) string {
	m.Helper()
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gin.RecoveryWithWriter(io.Discard), ginsession.Handler(plugin))
	for i, h := range handlers {
		r.GET(fmt.Sprint("/", i), h)
	}
	client := sessiontest.NewClient(m, r, plugin)
	said := ""
	for i := range handlers {
		response, err := client.Get(fmt.Sprint(client.URL, "/", i))
		if err != nil {
			m.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			m.Fatal(err)
		}
		said = fmt.Sprint(response.StatusCode, " ", strings.TrimSpace(string(body)))
	}
	return said
}

// handled is what is told of one handler in a session that is there already.
func handled(h gin.HandlerFunc, opts ...gormsession.Option) func(m *maker) string {
	return func(m *maker) string {
		return m.visit(m.plugin(opts...),
			func(c *gin.Context) { ginsession.Get(c).Set("name", "Ann") }, h)
	}
}

// broken is handled for a call that leaves a sticky error.
func broken(call func(s *ginsession.State), opts ...gormsession.Option) func(m *maker) string {
	return handled(func(c *gin.Context) { call(ginsession.Get(c)) }, opts...)
}

// year is longer than any default.
const year = 365 * 24 * time.Hour
