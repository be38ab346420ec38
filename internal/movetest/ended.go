package movetest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/movein"
)

// The old session ends as it is taken over. Its cookie leads to the new session for a minute, or as
// long as that has its key, and is worth nothing after that.
func endsTheOldSession(t *testing.T, m Move) {
	h := newHost(t, m.Old)
	ann, bob := h.visitor(t), h.visitor(t)
	ann.logIn("ann")
	bob.logIn("bob")
	anns, bobs := ann.cookie(m.Cookie), bob.cookie(m.Cookie)
	now := time.Now()
	site := m.site(t, movein.Config{Now: func() time.Time { return now }})
	h.deploy(site)
	ann.wants("/count", "ann 1")
	bob.wants("/count", "bob 1")
	h.deploy(m.Old)
	if !m.Remembers {
		h.with(t, m.Cookie, anns).wants("/me", nobody)
	}
	h.deploy(site)
	now = now.Add(59 * time.Second)
	h.with(t, m.Cookie, anns).wants("/me", "ann 1")
	bob.wants("/logout", nobody)
	h.with(t, m.Cookie, bobs).wants("/me", nobody)
	now = now.Add(time.Second)
	late := h.with(t, m.Cookie, anns)
	late.wants("/me", nobody)
	if late.cookie(m.Cookie) != "" {
		t.Error("a cookie that is worth nothing any more was not deleted")
	}
	ann.wants("/me", "ann 1")
	if n := m.sessions(t); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// Whoever has a session of ours keeps it. The old one beside it is ended, and is not there when
// ours has ended: a logout is one.
func theNewSessionCounts(t *testing.T, m Move) {
	h := newHost(t, m.Old)
	ann := h.visitor(t)
	ann.logIn("ann")
	value := ann.cookie(m.Cookie)
	h.deploy(m.site(t, movein.Config{}))
	bob := h.visitor(t)
	bob.logIn("bob")
	bob.Jar.SetCookies(h.url(), []*http.Cookie{{Name: m.Cookie, Value: value}})
	bob.wants("/me", "bob 0")
	if bob.cookie(m.Cookie) != "" {
		t.Error("the old cookie was not deleted")
	}
	bob.wants("/logout", nobody)
	h.with(t, m.Cookie, value).wants("/me", nobody)
}

// A cookie that the old library would not take is none, and nothing is noted of it. It stays until
// its client has a session of ours, as it may be the library that is wrong.
func forgedAndExpired(t *testing.T, m Move) {
	h := newHost(t, m.Old)
	ann := h.visitor(t)
	ann.logIn("ann")
	value := ann.cookie(m.Cookie)
	h.deploy(m.site(t, movein.Config{}))
	middle := len(value) / 2
	other := byte('A')
	if value[middle] == other {
		other = 'B'
	}
	forged := map[string]string{
		"another text": "x", "empty": "", "cut": value[:len(value)-1], "longer": value + "AAAA",
		"a letter changed": value[:middle] + string(other) + value[middle+1:],
	}
	m.Expire()
	forged["expired"] = value
	for name, value := range forged {
		v := h.with(t, m.Cookie, value)
		v.wants("/me", nobody)
		if v.cookie(m.Cookie) != value {
			t.Errorf("%s: the cookie was deleted", name)
		}
		v.logIn("bob")
		v.wants("/me", "bob 0")
		if v.cookie(m.Cookie) != "" {
			t.Errorf("%s: beside a session of ours the cookie was not deleted", name)
		}
	}
	if n := m.sessions(t); n != int64(len(forged)) {
		t.Errorf("%d sessions", n)
	}
	if n := m.rows(t, "taken_sessions"); n != 0 {
		t.Errorf("%d rows of sessions that there are not", n)
	}
}

// A cookie that is written in another way, and that the old library takes for the same one, is the
// same one: after the logout it brings nothing back, also where the old session is kept.
func spelledOtherwise(t *testing.T, m Move) {
	h := newHost(t, m.Old)
	for user := "a"; len(user) < 8; user += "a" { // of other lengths the last bits are others
		ann := h.visitor(t)
		ann.logIn(user)
		var others []string
		for _, other := range spellings(ann.cookie(m.Cookie)) {
			if h.with(t, m.Cookie, other).page("/me") == user+" 0" {
				others = append(others, other)
			}
		}
		if len(others) == 0 {
			continue
		}
		h.deploy(m.site(t, movein.Config{Keep: true}))
		ann.wants("/count", user+" 1")
		ann.wants("/logout", nobody)
		for _, other := range others {
			h.with(t, m.Cookie, other).wants("/me", nobody)
		}
		if n := m.sessions(t); n != 0 {
			t.Errorf("%d sessions", n)
		}
		return
	}
	if m.Remembers {
		t.Error("the old library takes no other spelling: what is tested here?")
	}
}

// spellings are other ways to write a cookie: in other letters, with a space, with another last
// character.
func spellings(value string) (others []string) {
	text := strings.TrimRight(value, "=")
	for _, last := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		others = append(others, text[:len(text)-1]+string(last)+value[len(text):])
	}
	others = append(others, strings.ToUpper(value), strings.ToLower(value), value+" ")
	return slices.DeleteFunc(others, func(other string) bool { return other == value })
}
