package contender_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// each runs f with the site of each contender that keeps sessions, on each database, and on Redis.
func each(t *testing.T, f func(t *testing.T, c contender.Contender, x *opened)) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for _, c := range contender.All {
			if c.Role == contender.Bare {
				continue
			}
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				f(t, c, open(t, c, d.Kind()))
			})
		}
	})
	for _, c := range contender.AllOnRedis {
		t.Run("redis/"+c.Name, func(t *testing.T) {
			t.Parallel()
			f(t, c, openOn(t, c, database.Redis, newRedis(t)))
		})
	}
}

// newRedis returns the data source name of a database in a server of its own.
func newRedis(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bench") // The path of a socket is short, unlike t.TempDir.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	place, err := database.NewPlace(database.Redis, dir)
	if errors.Is(err, database.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := place.Close(); err != nil {
			t.Error(err)
		}
	})
	dsn, err := place.Create("sessions")
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

// opened is a contender on a database of its own, whose traffic is counted.
type opened struct {
	*testing.T
	db      *database.DB
	site    *contender.Site
	traffic database.Traffic
}

func open(t *testing.T, c contender.Contender, k dbtest.Kind) *opened {
	t.Helper()
	return openOn(t, c, database.Kind(k), dbtest.New(t, k).DSN())
}

func openOn(t *testing.T, c contender.Contender, k database.Kind, dsn string) *opened {
	t.Helper()
	x := &opened{T: t}
	db, err := database.Open(k, dsn, &x.traffic)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	x.db = db
	if x.site, err = c.Open(db); err != nil {
		t.Fatal(err)
	}
	return x
}

// get sends a request that is to be answered with a status, and returns the cookie that the client
// has afterwards, and the body.
func (x *opened) get(path, cookie string, status int) (kept, body string) {
	x.Helper()
	w := contender.Ask(x.site, path, cookie)
	if w.Code != status {
		x.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return keptCookie(w, cookie), w.Body.String()
}

func keptCookie(w *httptest.ResponseRecorder, had string) string {
	for _, c := range w.Result().Cookies() {
		if c.Name == contender.CookieName {
			had = c.Value
		}
	}
	return had
}

func (x *opened) rows() (n int) {
	x.Helper()
	if x.db.Redis != nil {
		return int(x.db.Redis.DBSize(x.Context()).Val())
	}
	if err := x.db.Pool.QueryRow("SELECT count(*) FROM " + x.site.Table).Scan(&n); err != nil {
		x.Fatal(err)
	}
	return n
}

// asked is how many statements were sent so far, or commands to Redis that read and write.
func (x *opened) asked() (n int64) {
	if x.db.Redis == nil {
		return x.traffic.Statements.Load()
	}
	for line := range strings.Lines(x.db.Redis.Info(x.Context(), "commandstats").Val()) {
		var calls int64
		name, counts, _ := strings.Cut(line, ":")
		switch name {
		case "cmdstat_get", "cmdstat_set", "cmdstat_setex":
			if _, err := fmt.Sscanf(counts, "calls=%d", &calls); err != nil {
				x.Fatal(err)
			}
			n += calls
		}
	}
	return n
}

// What is called a create makes one row, tells the client, and keeps the three entries.
func TestCreate(t *testing.T) {
	each(t, func(t *testing.T, c contender.Contender, x *opened) {
		for i, size := range contender.Sizes {
			if !c.Keeps(x.db.Kind, size) {
				continue
			}
			cookie, _ := x.get(contender.Create.Path(size), "", http.StatusOK)
			if n := x.rows(); n != i+1 {
				t.Errorf("%d rows after %d creates", n, i+1)
			}
			length := map[string]int{"200B": 150, "4KB": 4000, "64KB": 64000}[size]
			want := fmt.Sprintf("1001 0 %d", length)
			if _, got := x.get("/entries", cookie, http.StatusOK); got != want {
				t.Errorf("the session holds %q, not %q", got, want)
			}
		}
	})
}

// Seeding leaves as many rows as it says, each the session of its key, whatever was there before.
func TestSeed(t *testing.T) {
	each(t, func(t *testing.T, _ contender.Contender, x *opened) {
		const n = 501 // more than a batch
		for range 2 {
			x.get(contender.Create.Path("200B"), "", http.StatusOK)
			if err := contender.Seed(x.db, x.site, n, "200B"); err != nil {
				t.Fatal(err)
			}
			if got := x.rows(); got != n {
				t.Fatalf("%d rows, not %d", got, n)
			}
			for _, i := range []int{0, n / 2, n - 1} {
				if err := contender.Check(x.site, contender.Key(i), "200B"); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// What is called a read tells whose session it is, by one statement at least, and makes no row for
// who has none.
func TestRead(t *testing.T) {
	each(t, func(t *testing.T, _ contender.Contender, x *opened) {
		path := contender.Read.Path("")
		x.get(path, "", http.StatusUnauthorized)
		cookie, _ := x.get(contender.Create.Path("200B"), "", http.StatusOK)
		x.get(path, cookie, http.StatusOK)
		before := x.asked()
		if _, got := x.get(path, cookie, http.StatusOK); got != "1001" {
			t.Errorf("it is the session of %q", got)
		}
		if x.asked() == before {
			t.Error("nothing was asked of the database")
		}
		if n := x.rows(); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// What is called a write, and an exact one, is there for the next request, in the same row.
func TestWrite(t *testing.T) {
	each(t, func(t *testing.T, _ contender.Contender, x *opened) {
		cookie, _ := x.get(contender.Create.Path("200B"), "", http.StatusOK)
		for i, w := range []contender.Work{
			contender.ReadWrite, contender.Modify, contender.ReadWrite,
		} {
			var got string
			cookie, got = x.get(w.Path(""), cookie, http.StatusOK)
			if want := fmt.Sprint(i + 1); got != want {
				t.Errorf("%s: n is %s, not %s", w, got, want)
			}
		}
		if _, got := x.get("/entries", cookie, http.StatusOK); got != "1001 3 150" {
			t.Errorf("the session holds %q", got)
		}
		if n := x.rows(); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// A contender that says so counts exactly.
func TestCounts(t *testing.T) {
	each(t, func(t *testing.T, c contender.Contender, x *opened) {
		if !c.Counts {
			t.Skip("it has no call for it")
		}
		cookie, _ := x.get(contender.Create.Path("200B"), "", http.StatusOK)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { contender.Ask(x.site, contender.Modify.Path(""), cookie) })
		}
		wg.Wait()
		if _, got := x.get("/entries", cookie, http.StatusOK); got != "1001 8 150" {
			t.Errorf("after 8 counts the session holds %q", got)
		}
	})
}

// The floors send one statement for each thing they do, in a transaction where GORM opens one.
func TestFloorsAreFloors(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, tx := range map[string]int64{
			contender.FloorName: 0, contender.PlainDefault: 2, contender.PlainTuned: 0,
		} {
			c, _ := contender.Named(name)
			x := open(t, c, d.Kind())
			if err := contender.Seed(x.db, x.site, 10, "200B"); err != nil {
				t.Fatal(err)
			}
			for _, step := range []struct {
				work           contender.Work
				statements, tx int64
			}{
				{contender.Untouched, 0, 0}, {contender.Read, 1, 0},
				{contender.ReadWrite, 2, tx}, {contender.Create, 1, tx},
			} {
				x.traffic.Reset()
				x.get(step.work.Path("200B"), contender.Key(1), http.StatusOK)
				n, tx := x.traffic.Statements.Load(), x.traffic.Tx.Load()
				if n != step.statements || tx != step.tx {
					t.Errorf("%s, %s: %d statements and %d for transactions, not %d and %d",
						name, step.work, n, tx, step.statements, step.tx)
				}
			}
		}
	})
}

// Nobody asks the database anything for a page that leaves the session alone, but scs, which loads
// it for each.
func TestUntouched(t *testing.T) {
	each(t, func(t *testing.T, c contender.Contender, x *opened) {
		cookie, _ := x.get(contender.Create.Path("200B"), "", http.StatusOK)
		before := x.asked()
		x.get(contender.Untouched.Path(""), cookie, http.StatusOK)
		var want int64
		if c.Name[:3] == "scs" {
			want = 1
		}
		if n := x.asked() - before; n != want {
			t.Errorf("%d statements, not %d", n, want)
		}
	})
}

// The mix is what it says.
func TestMix(t *testing.T) {
	counts := map[contender.Work]int{}
	for i := range 100 {
		counts[contender.Mix.At(i)]++
	}
	want := map[contender.Work]int{contender.Read: 90, contender.ReadWrite: 9, contender.Create: 1}
	if !maps.Equal(counts, want) {
		t.Errorf("of 100 requests: %v", counts)
	}
}
