package header

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// reading reads keys of four letters.
var reading = Reading{
	Name: "session", Field: "X-Session",
	WellFormed: func(value string) bool {
		return len(value) == 4 && strings.Trim(value, "abcdefgh") == ""
	},
}

// The field counts where it is there, in the place of all cookies; one value of it is a key if it
// looks like one, and of two values none is.
func TestReadField(t *testing.T) {
	cookie := "session=aaaa"
	for _, c := range []struct {
		lines   []string
		present bool
		key     string
	}{
		{[]string{""}, false, ""}, {[]string{" \t", ","}, false, ""}, {[]string{"", ""}, false, ""},
		{[]string{"bbbb"}, true, "bbbb"}, {[]string{"\t bbbb "}, true, "bbbb"},
		{[]string{"bbbb", "bbbb"}, true, "bbbb"}, {[]string{"bbbb, bbbb"}, true, "bbbb"},
		{[]string{"", "bbbb"}, true, "bbbb"}, {[]string{",bbbb,"}, true, "bbbb"},
		{[]string{"bbbb", "cccc"}, true, ""}, {[]string{"bbbb,cccc"}, true, ""},
		{[]string{"cccc", "bbbb", "bbbb"}, true, ""}, {[]string{"bbbb", "no"}, true, ""},
		{[]string{"no", "bbbb"}, true, ""}, {[]string{"no"}, true, ""}, {[]string{"BBBB"}, true, ""},
		{[]string{"bbbb; x"}, true, ""}, {[]string{`"bbbb"`}, true, ""}, {[]string{"session=bbbb"}, true, ""},
		{[]string{"bb\x00b"}, true, ""}, {[]string{"bbbb\r\nX: y"}, true, ""},
	} {
		b := reading.Read([]string{cookie}, c.lines)
		if !b.ByField || b.Present != c.present || b.Key != c.key || b.Rivals != nil {
			t.Errorf("%q brings %+v", c.lines, b)
		}
	}
	for _, none := range [][]string{nil, {}} {
		if b := reading.Read([]string{cookie}, none); b.ByField || b.Key != "aaaa" {
			t.Errorf("%#v brings %+v", none, b)
		}
	}
	without := reading
	without.Field = ""
	if b := without.Read(nil, []string{"bbbb"}); b.Present || b.ByField {
		t.Errorf("without a field it brings %+v", b)
	}
}

// A text without a "=" is the value of a cookie without a name (RFC 6265bis, 5.6), which no
// deletion of ours would reach.
func TestReadCookieWithoutAName(t *testing.T) {
	for line, present := range map[string]bool{
		"session": false, "a=b; session": false, " session ;": false, "session=": true, "session=x": true,
	} {
		if b := reading.Read([]string{line}, nil); b.Present != present || b.Key != "" {
			t.Errorf("%q brings %+v", line, b)
		}
	}
	if b := reading.Read([]string{"session; session=aaaa"}, nil); b.Key != "aaaa" || b.Rivals != nil {
		t.Errorf("beside it the session's brings %+v", b)
	}
}

// What is read is taken out, what is somebody else's stays, and both together read as before.
func TestHide(t *testing.T) {
	for _, c := range []struct{ h, shown, hidden http.Header }{
		{http.Header{"A": {"b"}}, http.Header{"A": {"b"}}, nil},
		{http.Header{"Cookie": {"a=b; c"}}, http.Header{"Cookie": {"a=b; c"}}, nil},
		{http.Header{"X-Session": {"bbbb", ""}, "A": {"b"}}, http.Header{"A": {"b"}},
			http.Header{"X-Session": {"bbbb", ""}}},
		{http.Header{"Cookie": {"a=b; session=aaaa; c", "session=x"}}, http.Header{"Cookie": {"a=b; c"}},
			http.Header{"Cookie": {" session=aaaa", "session=x"}}},
		{http.Header{"Cookie": {"session=aaaa"}, "X-Session": {"bbbb"}}, http.Header{},
			http.Header{"Cookie": {"session=aaaa"}, "X-Session": {"bbbb"}}},
	} {
		before := c.h.Clone()
		shown, hidden := reading.Hide(c.h)
		if fmt.Sprint(shown) != fmt.Sprint(c.shown) || fmt.Sprint(hidden) != fmt.Sprint(c.hidden) ||
			fmt.Sprint(c.h) != fmt.Sprint(before) {
			t.Errorf("%v: %v and %v", before, shown, hidden)
		}
	}
}

// Vary gets what it lacks, once, whatever the case.
func TestVaryOn(t *testing.T) {
	both := []string{"Cookie", "X-Session"}
	for _, c := range []struct{ lines, want []string }{
		{nil, []string{"Cookie, X-Session"}},
		{[]string{"Origin"}, []string{"Origin, Cookie, X-Session"}},
		{[]string{"x-session", "Origin"}, []string{"x-session, Origin, Cookie"}},
		{[]string{"COOKIE,X-SESSION"}, []string{"COOKIE,X-SESSION"}},
		{[]string{"Origin", "a, *"}, []string{"*"}},
	} {
		h := http.Header{"Vary": c.lines}
		varied := VariesOn(h, both)
		VaryOn(h, both)
		if !slices.Equal(h["Vary"], c.want) || !VariesOn(h, both) ||
			varied && !slices.Equal(c.lines, c.want) && c.want[0] != "*" {
			t.Errorf("%q became %q, varied %t", c.lines, h["Vary"], varied)
		}
	}
	if VariesOn(http.Header{"Vary": {"Cookie"}}, both) {
		t.Error("Cookie alone is both")
	}
}

// Whatever the lines are, a key is well formed and is the one value that there is.
func FuzzField(f *testing.F) {
	f.Add("bbbb", "")
	f.Add("bbbb,cccc", "bbbb")
	f.Add(" bbbb\t,,", ",")
	f.Fuzz(func(t *testing.T, one, two string) {
		h := http.Header{"X-Session": {one, two}, "Cookie": {"session=aaaa"}}
		b := reading.Read(h["Cookie"], h["X-Session"])
		values := map[string]bool{}
		for value := range strings.SplitSeq(one+","+two, ",") {
			if value = strings.Trim(value, " \t\r\n"); value != "" {
				values[value] = true
			}
		}
		alone := len(values) == 1
		if !b.ByField || b.Present != (len(values) > 0) || b.Rivals != nil ||
			b.Key != "" && (!alone || !values[b.Key] || !reading.WellFormed(b.Key)) {
			t.Errorf("%q, %q: %+v", one, two, b)
		}
		if shown, hidden := reading.Hide(h); len(shown) != 0 || len(hidden) != 2 {
			t.Errorf("%q, %q: %v is shown", one, two, shown)
		}
	})
}
