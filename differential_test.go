package gormsession_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/plainmodel"
)

var (
	requests = flag.Int("requests", 1500,
		"how many random requests TestEndsAsThePlainModel makes on each database")
	firstSeed = flag.Uint64("seed", 0, "the first seed of its scripts; 0 is a random one")
)

// Whatever handlers do, in whatever order, with a database that fails, other requests in between
// and the header gone: what a request does to the session, its row, the cookie, caches, the log
// and the database is what the plain model says. A failure shows a script that is as short as it
// can be, and how to run it again. To look further:
//
//	go test -run EndsAsThePlainModel -requests 1000000 -timeout 0 .
func TestEndsAsThePlainModel(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		tw := newTwin(t, d)
		seed := *firstSeed
		if seed == 0 {
			seed = rand.Uint64N(1 << 32)
		}
		for n := 0; n < *requests; seed++ {
			s := newScript(rand.New(rand.NewPCG(seed, 0)), len(tw.sites))
			n += s.size()
			if difference := tw.compare(s); difference != "" {
				s, difference = tw.shrink(s, difference)
				t.Fatalf("go test -run '%s' -seed %d -requests 1 . # bare: %t\n%+v\n%v\n%s",
					t.Name(), seed, tw.bare, tw.sites[s.site].settings, s, difference)
			}
		}
	})
}

// shrink drops what a script can do without and still differ.
func (tw *twin) shrink(s script, difference string) (script, string) {
	until := time.Now().Add(time.Minute)
	for again := true; again; {
		again = false
		for _, less := range s.smaller() {
			if time.Now().After(until) {
				return s, difference
			}
			if d := tw.compare(less); d != "" {
				s, difference, again = less, d, true
				break
			}
		}
	}
	return s, difference
}

// expect is a request of the model's.
func (r *run) expect(t turn) {
	w := r.world
	q := &plainmodel.Request{Status: t.status}
	if q.Header.Control = t.says; t.says == "cdn" {
		q.Header.Control, q.Header.CDN = "", plainmodel.MaxAge
	}
	for _, s := range r.site.settings {
		values := t.values(func(b int) string { return r.model[b].Value(s.CookieName, w.Now) })
		q.Sessions = append(q.Sessions, w.Begin(s, values))
	}
	var lines []string
	for _, s := range t.steps {
		switch {
		case s.turn != nil:
			r.expect(*s.turn)
		case s.wait != 0:
			w.Now = w.Now.Add(s.wait)
		case s.fault != nil:
			w.Fault = *s.fault
		case s.leave != "":
			q.Leave(s.leave != "hijack")
		default:
			session := q.Sessions[s.plugin%len(q.Sessions)]
			lines = append(lines, acts[s.act-1].model(session))
		}
	}
	switch {
	case t.end == "panic":
		q.Panic()
	case t.end == "late 500" && q.Left():
		q.FailLate()
	default:
		q.Finish()
	}
	r.model[t.browser].Take(q.Answer.Header.Cookies, w.Now)
	r.want = append(r.want, seen{lines, q.Answer.Status, q.Answer.Header})
}

// differs says in what the two differ, after a turn.
func (r *run) differs(asked []string) string {
	var list []string
	note := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			list = append(list, fmt.Sprintf("%s\n  is    %v\n  model %v", what, got, want))
		}
	}
	for i := range r.want {
		got, want := r.got[i], r.want[i]
		note("calls", got.lines, want.lines)
		note("status", got.status, want.status)
		for name, c := range want.header.Cookies {
			if real, ok := got.header.Cookies[name]; ok && !c.Deleted && !real.Deleted &&
				r.know(c.Value, real.Value) {
				c.Value = real.Value
				want.header.Cookies[name] = c
			}
		}
		note("header", got.header, want.header)
	}
	verbs := map[string]int{}
	for _, sql := range asked {
		verbs[verbOf(sql)]++
	}
	note("statements", verbs, r.world.Asked)
	r.set(func() { note("log", strings.Join(r.log, "\n"), strings.Join(r.world.Log, "\n")) })
	note("rows", r.rows(), r.modelRows())
	return strings.Join(list, "\n")
}

// rowText is what is compared of a row.
func rowText(table, key, data string, marked bool, ends time.Time, note string) string {
	return fmt.Sprintf("\n    %s %.8s %s marked %t %s %s",
		table, key, data, marked, ends.UTC().Format(time.RFC3339Nano), note)
}

// rows are those of the database. Keys that the client does not know have no name.
func (r *run) rows() (lines []string) {
	stored := map[string]bool{}
	for real := range r.keys {
		stored[hashed(r.site.settings[0], real)] = true
	}
	for _, table := range slices.Compact(slices.Sorted(slices.Values(r.tables()))) {
		var rows []noted
		columns := "session_key, session_data, expire_date"
		if table == (noted{}).TableName() {
			columns += ", note"
		}
		if err := r.db.Table(table).Select(columns).Find(&rows).Error; err != nil {
			r.t.Fatal(err)
		}
		for _, row := range rows {
			if !stored[row.SessionKey] {
				row.SessionKey = "?"
			}
			data := markOfASave.ReplaceAllString(row.SessionData, "")
			lines = append(lines, rowText(table, row.SessionKey, data, data != row.SessionData,
				row.ExpireDate.Time, row.Note))
		}
	}
	slices.Sort(lines)
	return lines
}

// modelRows are those of the model.
func (r *run) modelRows() (lines []string) {
	for place, row := range r.world.Rows {
		key := "?"
		if real := r.real[place.Key]; real != "" {
			key = hashed(r.site.settings[0], real)
		}
		lines = append(lines, rowText(place.Table, key, dataOf(row), row.Mark != 0, row.Ends, row.Note))
	}
	slices.Sort(lines)
	return lines
}
