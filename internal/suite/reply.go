package suite

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// A reply is what a visit gave.
type reply struct {
	status     int
	header     http.Header
	body       string
	cookie     *http.Cookie // ours, nil if the response sets none
	line       string       // its Set-Cookie line
	statements []string     // what the database was asked meanwhile
}

// verbs are the first words of the statements.
func (r reply) verbs() string {
	verbs := make([]string, len(r.statements))
	for i, statement := range r.statements {
		verbs[i], _, _ = strings.Cut(statement, " ")
	}
	return strings.Join(verbs, " ")
}

// single is what a request with writes of one statement each asks: they go without a transaction
// where the pool says so.
func (s *site) single(verbs string) string {
	if !s.db.SkipDefaultTransaction {
		return verbs
	}
	return strings.Join(slices.DeleteFunc(strings.Fields(verbs), func(verb string) bool {
		return verb == "BEGIN" || verb == "COMMIT"
	}), " ")
}

// cookieIs tells what the response does to the cookie of a request with that key: "", "deleted",
// "refreshed" or "new".
func (r reply) cookieIs(key string) string {
	switch {
	case r.cookie == nil:
		return ""
	case r.cookie.Value == "" && r.cookie.MaxAge < 0:
		return "deleted"
	case r.cookie.Value == key:
		return "refreshed"
	}
	return "new"
}

// reads is how often a row was read: a save that has met another one does it once more.
func (r reply) reads() int { return strings.Count(r.verbs(), "SELECT") }

// unavailable checks that a response is the one to a fault of the database: it says so, and tells
// the client nothing of its session.
func (r reply) unavailable(t *testing.T) {
	t.Helper()
	if r.status != http.StatusServiceUnavailable || r.cookie != nil ||
		r.body != "Service Unavailable\n" {
		t.Errorf("a fault was answered with %d, %q, and the cookie %v", r.status, r.body, r.cookie)
	}
}

func (r reply) is503() bool {
	return r.status == http.StatusServiceUnavailable && r.cookie == nil
}
