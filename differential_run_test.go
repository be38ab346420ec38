package gormsession_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/plainmodel"
)

// A run takes a script through a site and through the model, and compares.
type run struct {
	*twin
	site  twinSite
	world *plainmodel.World
	jars  [browsers]plainmodel.Jar // real ones
	model [browsers]plainmodel.Jar
	keys  map[string]string // the model's by the real ones
	real  map[string]string // and the other way round

	got, want []seen // of the turns that are over
}

// seen is what came of one turn.
type seen struct {
	lines  []string // what the calls of the handler returned
	status int
	header plainmodel.Header
}

// compare takes a script through both, and says where they differ.
func (tw *twin) compare(s script) (difference string) {
	r := &run{
		twin: tw, site: tw.sites[s.site], keys: map[string]string{}, real: map[string]string{},
		world: &plainmodel.World{
			Now: epoch, Rows: map[plainmodel.Place]plainmodel.Row{}, Asked: map[string]int{},
			Bare: tw.bare, CountsChange: tw.kind == "mariadb", Confirms: tw.kind == "postgres",
			WritesFirst: tw.kind == "sqlite",
		},
	}
	for i := range browsers {
		r.jars[i], r.model[i] = plainmodel.Jar{}, plainmodel.Jar{}
	}
	tw.set(func() { tw.now = epoch })
	r.begin(s.plants)
	for i, t := range s.turns {
		tw.set(func() { tw.fault, tw.log = plainmodel.Fault{}, nil })
		r.world.Fault, r.world.Log = plainmodel.Fault{}, nil
		clear(r.world.Asked)
		r.got, r.want = nil, nil
		tw.statements.Reset()
		r.request(t)
		asked := tw.statements.All()
		r.expect(t)
		if difference := r.differs(asked); difference != "" {
			return fmt.Sprintf("turn %d: %s", i, difference)
		}
	}
	return ""
}

func (tw *twin) set(f func()) {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	f()
}

// begin empties the tables and makes the plants.
func (r *run) begin(plants []plant) {
	for _, table := range r.tables() {
		r.exec("DELETE FROM " + table)
	}
	for i, p := range plants {
		n := p.plugin % len(r.site.settings)
		settings := r.site.settings[n]
		table := settings.Table
		if p.former && settings.Former != "" {
			table = settings.Former
		}
		key, ends := fmt.Sprintf("%032d", 900+i), epoch.Add(p.left)
		r.know(key, key)
		row := plainmodel.Row{Entries: planted[p.data], Unreadable: planted[p.data] == nil, Ends: ends}
		r.world.Rows[plainmodel.Place{Table: table, Key: key}] = row
		columns, places := "session_key, session_data, expire_date", "?, ?, ?"
		if settings.Noted {
			columns, places = columns+", note", places+", ''"
		}
		r.exec("INSERT INTO "+table+" ("+columns+") VALUES ("+places+")",
			hashed(settings, key), dataOf(row), gormsession.Expiry{Time: ends})
		kept := plainmodel.Kept{Value: key}
		r.jars[p.browser][settings.CookieName] = kept
		r.model[p.browser][settings.CookieName] = kept
	}
}

func (r *run) exec(sql string, args ...any) {
	if err := r.db.Exec(sql, args...).Error; err != nil {
		r.t.Fatal(err)
	}
}

// know notes that a key of the model's and a real one are the same.
func (r *run) know(model, real string) bool {
	if _, known := r.keys[real]; !known && r.real[model] == "" {
		r.keys[real], r.real[model] = model, real
	}
	return r.keys[real] == model && r.real[model] == real
}

func (r *run) tables() (names []string) {
	for _, s := range r.site.settings {
		if names = append(names, s.Table); s.Former != "" {
			names = append(names, s.Former)
		}
	}
	return names
}

// hashed is a key as a row has it.
func hashed(s plainmodel.Settings, key string) string {
	if s.Django {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// dataOf is the text of a row without its mark.
func dataOf(row plainmodel.Row) string {
	if row.Unreadable {
		return "[1"
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(row.Entries)) {
		parts = append(parts, fmt.Sprintf("%q:%s", name, row.Entries[name]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// request sends one to the server and takes what comes.
func (r *run) request(t turn) {
	sv := &served{run: r, turn: t, done: make(chan struct{})}
	q, err := http.NewRequest(http.MethodGet, r.server.URL+r.site.path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	var cookies []string
	for _, s := range r.site.settings {
		sent := t.values(func(b int) string { return r.jars[b].Value(s.CookieName, r.Now()) })
		for _, value := range sent {
			cookies = append(cookies, s.CookieName+"="+value)
		}
		sv.sent = append(sv.sent, sent)
	}
	if len(cookies) > 0 {
		q.Header.Set("Cookie", strings.Join(cookies, "; "))
	}
	r.set(func() { r.turns = append(r.turns, sv) })
	response, err := r.clients[len(r.turns)-1].Do(q)
	if err != nil {
		r.t.Errorf("%v\n%s", err, r.turns[0].turn.text(""))
		panic(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	<-sv.done
	r.set(func() { r.turns = r.turns[:len(r.turns)-1] })
	sv.seen.status, sv.seen.header = response.StatusCode, r.headerOf(response.Header)
	r.jars[t.browser].Take(sv.seen.header.Cookies, r.Now())
	r.got = append(r.got, sv.seen)
}

// markOfASave is what the text of one bears that must not be done twice.
var markOfASave = regexp.MustCompile(`[ \t\r\n]{20}`)

var maxAge = regexp.MustCompile(`Max-Age=(-?\d+)`)

// headerOf is the part of a header that the model knows.
func (r *run) headerOf(h http.Header) plainmodel.Header {
	seen := plainmodel.Header{
		Vary:    strings.Join(h["Vary"], "|") == "Cookie",
		Control: strings.Join(h["Cache-Control"], "|"), CDN: h.Get("CDN-Cache-Control"),
	}
	for _, line := range h["Set-Cookie"] {
		parsed, err := http.ParseSetCookie(line)
		if err != nil {
			r.t.Errorf("%q: %v", line, err)
			continue
		}
		c := plainmodel.Cookie{Value: parsed.Value, Deleted: parsed.Value == "", Browser: true}
		if age := maxAge.FindStringSubmatch(line); age != nil {
			c.Age, _ = strconv.Atoi(age[1])
			c.Browser = false
		}
		if seen.Cookies == nil {
			seen.Cookies = map[string]plainmodel.Cookie{}
		}
		seen.Cookies[parsed.Name] = c
	}
	return seen
}
