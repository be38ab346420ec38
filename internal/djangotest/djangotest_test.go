package djangotest_test

import (
	"net/http"
	"net/http/cookiejar"
	"os"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

type step = djangotest.Step

func visitor(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// Every Django keeps a session. Package django tests them on all databases.
func TestSession(t *testing.T) {
	djangotest.Each(t, func(t *testing.T, version djangotest.Version) {
		site := djangotest.Start(t, version, dbtest.New(t, dbtest.SQLite), nil)
		site.Migrate(t)
		alice := visitor(t)
		set := site.Must(t, alice, step{"set", "a", 1}, step{"set_json", "nan", "[NaN, 1e400]"})
		if !set.Modified || set.Key != "" ||
			!strings.Contains(set.Header.Get("Set-Cookie"), "sessionid=") {
			t.Errorf("set: %+v", set)
		}
		got := site.Must(t, alice, step{"increment", "a"}, step{"get", "a"}, step{"get", "nan"},
			step{"get", "none"})
		if got.Result(t, 1) != int64(2) || string(got.Results[2]) != "[NaN, Infinity]" ||
			got.Result(t, 3) != nil {
			t.Errorf("get: %+v", got)
		}
		if len(got.Key) != 32 {
			t.Errorf("key %q", got.Key)
		}
		if bob := site.Must(t, visitor(t), step{"get", "a"}, step{"load", got.Key},
			step{"exists", "unknown!"}); string(bob.Results[0]) != "null" ||
			!strings.Contains(string(bob.Results[1]), `"a": 2`) || bob.Result(t, 2) != false {
			t.Errorf("a stranger sees %s", bob.Results)
		}
	})
}

func TestLogin(t *testing.T) {
	djangotest.Each(t, func(t *testing.T, version djangotest.Version) {
		site := djangotest.Start(t, version, dbtest.New(t, dbtest.SQLite), nil)
		site.Migrate(t)
		site.Must(t, &http.Client{}, step{"make_user", "alice", "pw"})
		alice, elsewhere := visitor(t), visitor(t)
		site.Must(t, elsewhere, step{"login", "alice", "pw"})
		got := site.Must(t, alice, step{"user"}, step{"login", "alice", "wrong"},
			step{"login", "alice", "pw"}, step{"user"})
		if got.Result(t, 0) != nil || got.Result(t, 1) != false || got.Result(t, 2) != true ||
			got.Result(t, 3) != "alice" {
			t.Errorf("login: %s", got.Results)
		}
		site.Must(t, alice, step{"change_password", "new"})
		if got := site.Must(t, alice, step{"user"}); got.Result(t, 0) != "alice" {
			t.Errorf("after her own change of password: %s", got.Results)
		}
		if got := site.Must(t, elsewhere, step{"user"}); got.Result(t, 0) != nil {
			t.Errorf("after a change of password elsewhere: %s", got.Results)
		}
		site.Must(t, alice, step{"logout"})
		if got := site.Must(t, alice, step{"user"}); got.Result(t, 0) != nil {
			t.Errorf("after the logout: %s", got.Results)
		}
	})
}

// Two requests that overlap, which is what gates are for: Django's last writer wins.
func TestGate(t *testing.T) {
	site := djangotest.Start(t, djangotest.V32, dbtest.New(t, dbtest.SQLite), nil)
	site.Migrate(t)
	alice := visitor(t)
	site.Must(t, alice, step{"set", "a", 1})
	gate := site.Gate("late")
	done := make(chan error, 1)
	go func() {
		reply, err := site.Do(alice, step{"get", "a"}, gate.Wait(), step{"set", "late", true})
		if err == nil && reply.Status != http.StatusOK {
			t.Errorf("status %d", reply.Status)
		}
		done <- err
	}()
	gate.Arrived(t)
	site.Must(t, alice, step{"set", "early", true})
	gate.Open(t)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := site.Must(t, alice, step{"all"}); string(got.Results[0]) != `{"a": 1, "late": true}` {
		t.Errorf("the session holds %s", got.Results)
	}
}

func TestExpiryForms(t *testing.T) {
	djangotest.Each(t, func(t *testing.T, version djangotest.Version) {
		site := djangotest.Start(t, version, dbtest.New(t, dbtest.SQLite),
			djangotest.Settings{"SESSION_COOKIE_AGE": 100})
		site.Migrate(t)
		alice := visitor(t)
		for _, c := range []struct {
			form any
			want string
		}{
			{nil, `{"age": 100,`},
			{0, `{"age": 100,`},
			{60, `{"age": 60,`},
			{map[string]any{"datetime": "2099-01-02T03:04:05+02:00"}, `"date": "2099-01-02T03:04:05+02:00", "browser": false}`},
		} {
			got := site.Must(t, alice, step{"set_expiry", c.form}, step{"expiry"}, step{"clear"})
			if !strings.Contains(string(got.Results[1]), c.want) {
				t.Errorf("%v: %s", c.form, got.Results[1])
			}
		}
	})
}

func TestFailure(t *testing.T) {
	site := djangotest.Start(t, djangotest.V32, dbtest.New(t, dbtest.SQLite), nil)
	site.Migrate(t)
	alice := visitor(t)
	reply, err := site.Do(alice, step{"set", "a", 1}, step{"fail"})
	if err != nil || reply.Status != 500 || reply.Header.Get("Set-Cookie") != "" {
		t.Errorf("%+v, %v", reply, err)
	}
	site.WaitForLog(t, "a view that fails")
	if reply, err := site.DoStatus(alice, 404, step{"set", "a", 1}); err != nil ||
		reply.Status != 404 || reply.Header.Get("Set-Cookie") == "" {
		t.Errorf("%+v, %v", reply, err)
	}
}

// What is pasted into a shell is what somebody would see at a terminal: a line that ends no
// block is a mistake there.
func TestPaste(t *testing.T) {
	djangotest.Each(t, func(t *testing.T, version djangotest.Version) {
		site := djangotest.Start(t, version, dbtest.New(t, dbtest.SQLite), nil)
		good := site.Paste(t, "for i in range(2):\n    print(i)\n\nprint('the', 'end')\n")
		if !strings.Contains(good, "0\n1\n") || !strings.Contains(good, "the end\n") ||
			strings.Contains(good, "Error") {
			t.Errorf("the terminal shows\n%s", good)
		}
		if bad := site.Paste(t,
			"for i in range(2):\n    print(i)\nprint('the', 'end')\n"); !strings.Contains(bad,
			"SyntaxError") {
			t.Errorf("the terminal shows\n%s", bad)
		}
	})
}
