package suite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What runs while a session is loaded or saved - the model's function, its hooks, the codec, GORM's
// logger - and uses it gets an error at once, and so do the request and Save. Nothing of it is
// saved, and the next request finds all as it was.
func (on cases) TestSessionUsedFromInside(t *testing.T) {
	const cause = "what runs while it is loaded or saved"
	defer intruder.Store(nil)
	uses := map[string]func(*gormsession.State) error{
		"read":   func(s *gormsession.State) error { s.Get("n"); return s.Err() },
		"write":  func(s *gormsession.State) error { s.Set("n", 7); return s.Err() },
		"Modify": func(s *gormsession.State) error { counter.Modify(s, plusOne); return s.Err() },
		"Save":   func(s *gormsession.State) error { return s.Save() },
		"Flush":  func(s *gormsession.State) error { s.Flush(); return s.Load() },
		"Decode": func(s *gormsession.State) error { return s.Decode("n", new(int)) },
	}
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newIntrudedSite(t, d, c)
		key := s.start(map[string]any{"n": 5})
		for what, use := range uses {
			for _, page := range []struct {
				name, place string
				key         string
				do          func(c *Call, session *gormsession.State)
			}{
				{"load", "decode", key, func(_ *Call, session *gormsession.State) { session.Get("n") }},
				{"load", "trace", key, func(_ *Call, session *gormsession.State) { session.Get("n") }},
				{"update", "build", key, nil},
				{"update", "encode", key, nil},
				{"insert", "build", "", nil},
				{"insert", "hook", "", nil},
				{"cycle", "build", key, func(c *Call, session *gormsession.State) {
					increment(c)
					session.CycleKey()
				}},
				{"replay", "build", key, func(c *Call, session *gormsession.State) {
					increment(c)
					s.visit(key, func(c *Call) { c.Session().Touch() })
				}},
			} {
				if page.do == nil {
					page.do = func(c *Call, _ *gormsession.State) { increment(c) }
				}
				for _, explicit := range []bool{false, true} {
					name := fmt.Sprintf("%s in %s of %s, Save %t", what, page.place, page.name, explicit)
					before, logged := s.rows(), len(s.log.String())
					var said *error
					got := s.visit(page.key, func(c *Call) {
						session := c.Session()
						if page.name == "load" {
							said = withIntruder(session, page.place, use)
							page.do(c, session)
						} else {
							page.do(c, session)
							said = withIntruder(session, page.place, use)
						}
						if !explicit {
							return
						}
						if err := session.Save(); !errors.Is(err, gormsession.ErrReentrant) {
							t.Errorf("%s: Save says %v", name, err)
						}
					})
					intruder.Store(nil)
					if !errors.Is(*said, gormsession.ErrReentrant) {
						t.Errorf("%s: it was told %v", name, *said)
					}
					if got.status != http.StatusInternalServerError || got.cookie != nil {
						t.Errorf("%s: answered with %d, %s", name, got.status, got.line)
					}
					if log := s.log.String()[logged:]; !strings.Contains(log, cause) {
						t.Errorf("%s: the log says %s", name, log)
					}
					// A statement without a transaction has gone when its hook is done.
					gone := c.Bare && page.place == "hook"
					if after := s.rows(); !gone && fmt.Sprint(after) != fmt.Sprint(before) {
						t.Errorf("%s: the rows were %v and are %v", name, before, after)
					}
				}
			}
		}
		if got := s.visit(key, increment); got.body != "6" {
			t.Errorf("afterwards: %d %s", got.status, got.body)
		}
		pool, _ := s.db.DB()
		if n := pool.Stats().InUse; n != 0 {
			t.Errorf("%d connections were kept", n)
		}
	})
}

// A response that is let go from inside of a save does not wait for it either.
func (on cases) TestResponseFromInside(t *testing.T) {
	defer intruder.Store(nil)
	s := on.newIntrudedSite(t, dbtest.New(t, dbtest.SQLite), dbtest.Config{})
	for _, explicit := range []bool{true, false} {
		key := s.start(map[string]any{"n": 5})
		got := s.visit(key, func(c *Call) {
			session := c.Session()
			increment(c)
			withIntruder(session, "build", func(*gormsession.State) error {
				_, err := c.Writer.Write(make([]byte, 100<<10))
				return err
			})
			if explicit {
				_ = session.Save()
			}
		})
		intruder.Store(nil)
		if n := s.entries(key)["n"]; got.status != http.StatusInternalServerError || n != int64(5) {
			t.Errorf("Save %t: %d, and n is %v", explicit, got.status, n)
		}
	}
}

// Whatever runs inside of a load or a save may name the session: that is no use of it. And a logger
// that does use it ends, at each line that we log.
func (on cases) TestSessionNamedFromInside(t *testing.T) {
	defer intruder.Store(nil)
	log := &logbook{}
	text := slog.NewTextHandler(log, nil)
	s := on.newIntrudedSite(t, dbtest.New(t, dbtest.SQLite), dbtest.Config{},
		gormsession.WithLogger(slog.New(intrudingHandler{text})))
	key := s.start(map[string]any{"n": 5})
	name := func(session *gormsession.State) {
		f := func(where string) {
			slog.New(text).Info(where, "named", session, "%v", fmt.Sprint(session))
		}
		intruder.Store(&f)
	}
	got := s.visit(key, func(c *Call) {
		name(c.Session())
		increment(c)
	})
	intruder.Store(nil)
	if n := s.entries(key)["n"]; got.status != http.StatusOK || n != int64(6) {
		t.Errorf("answered with %d, and n is %v", got.status, n)
	}
	for _, where := range []string{"trace", "decode", "build", "encode"} {
		log.wants(t, "msg="+where+` named="in use" %v="session in use"`)
	}
	var lines atomic.Int64
	var left *gormsession.State
	s.visit(key, func(c *Call) {
		left = c.Session()
		f := func(where string) {
			if where == "slog" {
				lines.Add(1)
				left.Get("n")
			}
		}
		intruder.Store(&f)
		gormsession.Field[bool]("n").Or(left, false)
		increment(c)
		if err := s.plugin.Delete(c.Request.Context(), key); err != nil {
			t.Error(err)
		}
		c.Header("Cache-Control", "public")
	})
	left.Set("n", 1) // too late
	if n := lines.Load(); n < 2 {
		t.Errorf("%d lines were logged", n)
	}
}

// Also a codec without a model, whose statement would go without a transaction, saves nothing.
func (on cases) TestCodecThatUsesItsSession(t *testing.T) {
	defer intruder.Store(nil)
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newSiteWith(t, d, c.Gorm(), gormsession.WithCodec(intrudingCodec{}))
		key := s.start(map[string]any{"n": 5})
		for what, do := range map[string]func(s *gormsession.State){
			"update": func(s *gormsession.State) { s.Set("n", 6) },
			"cycle":  func(s *gormsession.State) { s.CycleKey(); s.Set("n", 6) },
		} {
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				do(session)
				withIntruder(session, "encode", func(s *gormsession.State) error { s.Has("n"); return nil })
			})
			intruder.Store(nil)
			if n := s.entries(key)["n"]; got.status != http.StatusInternalServerError || n != int64(5) {
				t.Errorf("%s: %d, and n is %v", what, got.status, n)
			}
		}
	})
}

// Whoever merely waits for a load or a save is not refused, and what it wrote is saved.
func (on cases) TestWaitingIsNoUseFromInside(t *testing.T) {
	defer intruder.Store(nil)
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newIntrudedSite(t, d, c)
		for _, place := range []string{"decode", "build"} {
			key := s.start(map[string]any{"n": 5})
			got := s.visit(key, func(c *Call) {
				session, done := c.Session(), make(chan struct{})
				withIntruder(session, place, func(*gormsession.State) error {
					begun := make(chan struct{})
					go func() {
						defer close(done)
						close(begun)
						session.Set("late", session.Get("n"))
					}()
					<-begun
					return nil
				})
				increment(c)
				if err := session.Save(); err != nil {
					t.Error(err)
				}
				<-done
			})
			intruder.Store(nil)
			if entries := s.entries(key); got.status != http.StatusOK || entries["late"] == nil {
				t.Errorf("%s: %d, and the session holds %v", place, got.status, entries)
			}
		}
	})
}

// A function of Modify's may do with another session what it likes.
func (on cases) TestModifyOfTwoSessions(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key, other := s.start(map[string]any{"n": 5}), s.start(map[string]any{"n": 7})
	open := func() *gormsession.State {
		second, err := s.plugin.Open(context.Background(), other)
		if err != nil {
			t.Fatal(err)
		}
		return second
	}
	save := func(second *gormsession.State) {
		if err := second.Save(); err != nil {
			t.Error(err)
		}
	}
	s.visit(key, func(c *Call) {
		counter.Modify(c.Session(), func(n int) int {
			second := open()
			counter.Modify(second, plusOne)
			save(second)
			return n + counter.Or(second, 0)
		})
	})
	if a, b := s.entries(key), s.entries(other); a["n"] != int64(13) || b["n"] != int64(8) {
		t.Errorf("the sessions hold %v and %v", a, b)
	}
	// In a replay, where it should not use the database.
	second := open()
	got := modifyAmid(s, key, func(_ *gormsession.State, _ bool, n int) int {
		return n + counter.Modify(second, plusOne)
	})
	save(second)
	if a, b := s.entries(key), s.entries(other); got.status != http.StatusOK ||
		a["n"] != int64(110) || b["n"] != int64(10) {
		t.Errorf("%d, and after a replay the sessions hold %v and %v", got.status, a, b)
	}
}
