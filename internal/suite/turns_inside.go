package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A function of Modify's that opens the session that it is a part of, and saves it, may be in its
// own way: in the turn of the save outside, and in a replay, where that one has the row. It is done
// within the time nevertheless, but for one run of the function, and what each save says is true.
// The one inside is done in the handler, and in the turn once it has waited for half of its time.
// In a replay it is ErrUnavailable, or ErrOutcomeUnknown, where it has less time than the one
// outside, which then is done, once; or it is done when the time of that one is over, which then is
// a 503 and leaves nothing.
func (on behind) TestModifyThatSavesItsSessionByAnotherWay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSiteOn(t, openBusy(t, d, "100"), gormsession.WithTimeout(insideTime))
		g := newGate(t, s.db)
		for _, patience := range []time.Duration{insideTime / 10, time.Hour} {
			for _, inTurn := range []bool{false, true} {
				key := s.start(map[string]any{"n": 5})
				in := &insider{site: s, key: key, patience: patience}
				got, before, atLeast := reply{}, int64(5), 3
				if inTurn {
					_, got = g.inTurn(s, key, nil, func(c *Call) {
						counter.Modify(c.Session(), in.save)
					}, func() {})
				} else {
					got = modifyAmid(s, key, func(_ *gormsession.State, _ bool, n int) int {
						return in.save(n)
					})
					before, atLeast = 100, 2 // as the other request leaves it
				}
				what := fmt.Sprintf("patience %v, in turn %t", patience, inTurn)
				if took := time.Since(in.commit); took > 2*insideTime {
					t.Errorf("%s: the commit took %v", what, took)
				}
				e := s.entries(key)
				in.told(t, what, e)
				n := before + 1
				if got.status != http.StatusOK {
					got.unavailable(t)
					n = before
				}
				if len(in.said) < atLeast || e["n"] != n || e["vip"] == nil && e["first"] == nil {
					t.Errorf("%s: answered with %d, in %d runs, and the session holds %v",
						what, got.status, len(in.said), e)
				}
				if patience < insideTime && got.status != http.StatusOK {
					t.Errorf("%s: answered with %d", what, got.status)
				}
			}
		}
	})
}

const insideTime = 1500 * time.Millisecond

// An insider saves a session from within a function of Modify's.
type insider struct {
	*site
	key      string
	patience time.Duration
	said     []error   // by each of its saves
	commit   time.Time // when its first run was over
}

func (in *insider) save(n int) int {
	ctx, cancel := context.WithTimeout(context.Background(), in.patience)
	defer cancel()
	session, err := in.plugin.Open(ctx, in.key)
	if err == nil {
		session.Set(in.entry(len(in.said)), 1)
		err = session.Save()
	}
	in.said = append(in.said, err)
	if len(in.said) == 1 {
		in.commit = time.Now()
	}
	return n + 1
}

func (in *insider) entry(run int) string { return fmt.Sprint("inside", run) }

// told checks what the saves have said.
func (in *insider) told(t *testing.T, what string, entries map[string]any) {
	t.Helper()
	for run, err := range in.said {
		switch {
		case err == nil && entries[in.entry(run)] == nil:
			t.Errorf("%s: what run %d has saved is lost", what, run)
		case err == nil, errors.Is(err, gormsession.ErrOutcomeUnknown):
		case !errors.Is(err, gormsession.ErrUnavailable) || entries[in.entry(run)] != nil:
			t.Errorf("%s: in run %d, of which there is %v: %v", what, run, entries[in.entry(run)], err)
		}
		if err != nil && in.patience > insideTime && run < len(in.said)-1 {
			t.Errorf("%s: run %d of %d was not saved: %v", what, run, len(in.said), err)
		}
	}
}
