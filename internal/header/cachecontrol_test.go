package header

import (
	"net/http"
	"slices"
	"testing"
)

// What keeps a response out of shared caches: private and no-store, unqualified, as RFC 9111 parses
// them.
func TestKeepOut(t *testing.T) {
	for _, out := range [][]string{
		{"private"}, {"no-store"}, {"PRIVATE"}, {"max-age=60, private"}, {"max-age=60,no-store,x"},
		{" private\t, x"}, {"\tprivate"},
		{"max-age=60", "private"}, {`x="a\"b, c", private`}, {`no-cache="Set-Cookie", no-store`},
		{",,private,"},
		{"public, no-store"}, {"private, s-maxage=60"},
	} {
		if list, closed := directivesOf(out); !keepOut(list) || !closed {
			t.Errorf("%q lets a cache store it: %v", out, list)
		}
	}
	for _, in := range [][]string{
		nil, {""}, {"no-cache"}, {`no-cache="Set-Cookie"`}, {`private="Set-Cookie"`}, {"private=x"},
		{"private="},
		{"private=?0"}, {`private = "x"`}, {"no-store=1"}, {"max-age=60"}, {"public"},
		{"must-revalidate"}, {"privates"},
		{"x-private"}, {"private; a"}, {"!no-store"}, {`x="private"`}, {`x="a, private, b"`},
		{`x="a, private`},
		{`x="a\", private"`}, {`private, private="x"`}, {`private="x"`, "private"},
		{"no-store, must-understand"},
		{"no-store, no-store=?0"}, {`private, private ="x"`},
	} {
		if list, _ := directivesOf(in); keepOut(list) {
			t.Errorf("%q keeps it out: %v", in, list)
		}
	}
}

// What the handler says otherwise stays, in its words; where it wants all caches to keep the
// response, what they would keep it by goes.
func TestKeepPrivate(t *testing.T) {
	for _, c := range []struct {
		said []string
		want string
	}{
		{nil, "private"},
		{[]string{""}, "private"},
		{[]string{"no-cache"}, "no-cache, private"},
		{[]string{"Max-Age=60, must-revalidate"}, "Max-Age=60, must-revalidate, private"},
		{[]string{"max-age=60", "no-transform"}, "max-age=60, no-transform, private"},
		{[]string{`no-cache="a, b"`}, `no-cache="a, b", private`},
		{[]string{`private="Set-Cookie", max-age=60`}, "max-age=60, private"},
		{[]string{`x="a, b`}, "private"},
		{[]string{`max-age=60, x="a, b`}, "max-age=60, private"},
		{[]string{`private, x="a, b`}, "private"},
		{[]string{"no-store, must-understand"}, "no-store, must-understand, private"},
		{[]string{"public, max-age=60, no-cache"}, "no-cache, private"},
		{[]string{"s-maxage=60, immutable, no-transform"}, "no-transform, private"},
		{[]string{"public, stale-while-revalidate=60, no-cache, stale-if-error=60"},
			"no-cache, private"},
	} {
		h := http.Header{"Cache-Control": c.said}
		public := IsPublic(h)
		overruled := KeepPrivate(h)
		if got := h["Cache-Control"]; len(got) != 1 || got[0] != c.want {
			t.Errorf("%q became %q, want %q", c.said, got, c.want)
		}
		if public != slices.Equal(overruled, []string{"Cache-Control: public"}) {
			t.Errorf("%q: public %t, overruled %q", c.said, public, overruled)
		}
	}
	for _, said := range []string{"private", "no-store", "private, max-age=60",
		"no-cache, no-store, s-maxage=0", "PRIVATE"} {
		h := http.Header{"Cache-Control": {said}}
		if overruled := KeepPrivate(h); h.Get("Cache-Control") != said || overruled != nil {
			t.Errorf("%q became %q, %v", said, h["Cache-Control"], overruled)
		}
	}
}

// Targeted fields, by whatever case they are set, go where they let their caches store the
// response, as these ignore Cache-Control then; those that do not, stay.
func TestTargetedFields(t *testing.T) {
	storing := http.Header{
		"CDN-Cache-Control": {"max-age=60"}, "Cdn-Cache-Control": {"public"},
		"Cloudflare-CDN-Cache-Control": {"no-cache"},
		"Vercel-Cdn-Cache-Control":     {`private="x"`},
		"netlify-cdn-cache-control":    {"durable, s-maxage=60"},
		"X-Litespeed-Cache-Control":    {"public,max-age=60"}, "Akamai-Cache-Control": {`x="no-store"`},
		"Surrogate-Control": {"private, max-age=60"}, "Edge-Control": {"!no-store, max-age=1d"},
		"edge-control":    {"private"},
		"X-Accel-Expires": {"60"}, "Fastly-CDN-Cache-Control": {""},
		"Other-CDN-Cache-Control": {`no-store, x="`},
	}
	stays := http.Header{
		"Example-CDN-Cache-Control": {"no-store"}, "Another-Cache-Control": {"private, max-age=60"},
		"X-Cache": {"max-age=60"}, "Cache-Control-X": {"public"},
	}
	h := http.Header{}
	for _, some := range []http.Header{storing, stays} {
		for name, lines := range some {
			h[name] = lines
		}
	}
	if !IsPublic(h) || IsPublic(stays) {
		t.Error("a targeted field is no wish of the handler's")
	}
	overruled := KeepPrivate(h)
	for name := range storing {
		if _, ok := h[name]; ok || !slices.Contains(overruled, name) {
			t.Errorf("%s: %q is left, overruled %q", name, h[name], overruled)
		}
	}
	for name, lines := range stays {
		if !slices.Equal(h[name], lines) {
			t.Errorf("%s: %q has gone", name, lines)
		}
	}
	for _, quiet := range []http.Header{
		{"Surrogate-Control": {`no-store, content="ESI/1.0"`}}, {"Edge-Control": {"no-store"}},
		{"X-Accel-Expires": {"0"}},
	} {
		if IsPublic(quiet) {
			t.Errorf("%v is public", quiet)
		}
	}
}
