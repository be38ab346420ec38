package django

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// testAtOnce has both sides write different entries of one session at the same time: nothing that
// Django has written is lost by a save of Go's. What Django overwrites is Django's rule.
func testAtOnce(t *testing.T, p *pair) {
	client := newVisitor(t)
	p.gin.do(client, func(s *gormsession.State) { s.SetAll(map[string]any{"django": -1, "gin": -1}) })
	key, gin := p.gin.keyOf(client), int64(-1)
	for i := range int64(200) {
		var answered error
		switch i % 4 {
		case 0, 1: // whoever comes first
			django := p.atDjango(client, step{"set", "django", i})
			p.gin.do(client, func(s *gormsession.State) { s.Set("gin", i) })
			answered = <-django
		case 2: // Django saves after Go has loaded
			p.gin.do(client, func(s *gormsession.State) {
				s.Get("django")
				answered = <-p.atDjango(client, step{"set", "django", i})
				s.Set("gin", i)
			})
			gin = i
		case 3: // Go saves after Django has loaded
			gate := p.django.Gate(fmt.Sprint("round", i))
			django := p.atDjango(client, step{"get", "django"}, gate.Wait(), step{"set", "django", i})
			gate.Arrived(t)
			p.gin.do(client, func(s *gormsession.State) { s.Set("gin", i) })
			gate.Open(t)
			answered = <-django
		}
		if answered != nil {
			t.Fatalf("round %d: %v", i, answered)
		}
		s, err := p.gin.plugin.Open(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if s.Get("django") != i {
			t.Fatalf("round %d: what Django wrote is lost: %v", i, s.Get("django"))
		}
		if got := s.Get("gin"); i%4 >= 2 && got != gin {
			t.Fatalf("round %d: of Go's there is %v, want %d", i, got, gin)
		}
		gin, _ = s.Get("gin").(int64)
	}
}

// atDjango has Django do the steps in a goroutine, and returns what says how that went.
func (p *pair) atDjango(client *http.Client, steps ...step) <-chan error {
	answered := make(chan error, 1)
	go func() {
		reply, err := p.django.Do(client, steps...)
		if err == nil && reply.Status != http.StatusOK {
			err = fmt.Errorf("Django answered %d: %s", reply.Status, reply.Body)
		}
		answered <- err
	}()
	return answered
}

// testNaN: Python's constants pass through Go, which does not write them itself.
func testNaN(t *testing.T, p *pair) {
	client := newVisitor(t)
	p.django.Must(t, client, step{"set_json", "n", "[NaN, -Infinity]"}, step{"set_json", "nan", "NaN"})
	p.gin.do(client, func(s *gormsession.State) {
		if f, ok := s.Get("nan").(float64); !ok || !math.IsNaN(f) {
			t.Errorf("Go read %v", s.Get("nan"))
		}
		s.Set("gin", 1)
	})
	got := p.gin.visit(client, func(c *gin.Context) { ginsession.Get(c).Set("bad", math.NaN()) })
	if got.status != http.StatusInternalServerError {
		t.Errorf("NaN was answered with %d", got.status)
	}
	if got := p.django.Must(t, client, step{"all"}); string(got.Results[0]) != `{"gin": 1, "n": [NaN, -Infinity], "nan": NaN}` {
		t.Errorf("Django read %s", got.Results[0])
	}
}

func testTestCookie(t *testing.T, p *pair) {
	client := newVisitor(t)
	worked := func(s *gormsession.State) (worked bool) { return TestCookieWorked(s) }
	p.gin.do(client, func(s *gormsession.State) {
		if worked(s) {
			t.Error("it worked before it was set")
		}
		SetTestCookie(s)
	})
	if got := p.django.Must(t, client, step{"test_cookie_worked"},
		step{"delete_test_cookie"}); got.Result(t, 0) != true {
		t.Error("Django does not see Go's test cookie")
	}
	p.gin.do(client, func(s *gormsession.State) {
		if worked(s) {
			t.Error("Django has deleted it")
		}
	})
	p.django.Must(t, client, step{"set_test_cookie"})
	p.gin.do(client, func(s *gormsession.State) {
		if !worked(s) {
			t.Error("Go does not see Django's test cookie")
		}
		DeleteTestCookie(s)
		DeleteTestCookie(s)
	})
	if got := p.django.Must(t, client, step{"test_cookie_worked"}); got.Result(t, 0) != false {
		t.Error("Go has deleted it")
	}
}

// testClear has each side clear away what has expired, and nothing else, of the other one's rows.
func testClear(t *testing.T, p *pair) {
	clear := map[string]func(){
		"Django": func() { p.django.Must(t, http.DefaultClient, step{"command", "clearsessions"}) },
		"Go": func() {
			if _, err := p.gin.plugin.ClearExpired(t.Context()); err != nil {
				t.Error(err)
			}
		},
	}
	for who, clear := range clear {
		ginLive, ginDead, djangoLive, djangoDead := newVisitor(t), newVisitor(t), newVisitor(t),
			newVisitor(t)
		p.gin.do(ginLive, func(s *gormsession.State) { s.SetExpiry(time.Minute) })
		p.django.Must(t, djangoLive, step{"set_expiry", 60})
		keys := []string{p.gin.keyOf(ginLive), p.gin.keyOf(djangoLive)}
		for _, dead := range []string{p.expired(t, ginDead, false), p.expired(t, djangoDead, true)} {
			if _, found := p.gin.row(dead); !found {
				t.Fatal("there is no expired row")
			}
			keys = append(keys, dead)
		}
		clear()
		for i, key := range keys {
			if _, found := p.gin.row(key); found != (i < 2) {
				t.Errorf("after %s has cleared, row %d is there: %v", who, i, found)
			}
		}
	}
}

// expired makes an expired row, by Django or by Go, and returns its key.
func (p *pair) expired(t *testing.T, client *http.Client, byDjango bool) string {
	t.Helper()
	if byDjango {
		p.django.Must(t, client, step{"set", "a", 1})
	} else {
		p.gin.do(client, func(s *gormsession.State) { s.Set("a", 1) })
	}
	key := p.gin.keyOf(client)
	if byDjango {
		p.django.Must(t, client, step{"set_expiry", -60})
	} else {
		p.gin.do(client, func(s *gormsession.State) { s.SetExpiry(-time.Minute) })
	}
	return key
}
