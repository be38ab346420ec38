package suite

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A node is one of several applications on one database, with a pool of its own. It notes how its
// requests have failed.
type node struct {
	*site
	kind dbtest.Kind
	mu   sync.Mutex
	err  error
}

// nodes opens two nodes, the first of which makes the table.
func (on ground) nodes(
	t testing.TB, d *dbtest.DB, config *gorm.Config, opts ...gormsession.Option,
) (a, b *node) {
	t.Helper()
	open := func() *node {
		n := &node{kind: d.Kind()}
		note := gormsession.WithErrorHandler(
			func(_ http.ResponseWriter, _ *http.Request, err error) bool {
				n.mu.Lock()
				defer n.mu.Unlock()
				n.err = err
				return true
			})
		n.site = on.newSiteWith(t, d, config, slices.Concat(opts, []gormsession.Option{note})...)
		return n
	}
	return open(), open()
}

// do visits and returns the answer and the error, if there was one.
func (n *node) do(key string, page func(*Call)) (reply, error) {
	n.t.Helper()
	n.mu.Lock()
	n.err = nil
	n.mu.Unlock()
	got := n.visit(key, page)
	n.mu.Lock()
	defer n.mu.Unlock()
	return got, n.err
}

// heals ends all faults.
func (n *node) heals() {
	n.statements.Hook(nil)
	n.statements.Fail(nil)
	n.statements.FailAfter(nil)
}

// tokens is an entry to which requests add a token of their own each, by a Modify.
const tokens = gormsession.Field[[]string]("tokens")

func addToken(token string) func(*Call) {
	return func(c *Call) {
		tokens.Modify(c.Session(), func(all []string) []string {
			return append(slices.Clone(all), token)
		})
	}
}

// dropToken takes a token back. It tells whether the request has seen it, by its load.
func dropToken(token string, seen *bool) func(*Call) {
	return func(c *Call) {
		s := c.Session()
		*seen = slices.Contains(tokens.Or(s, nil), token)
		tokens.Modify(s, func(all []string) []string {
			return slices.DeleteFunc(slices.Clone(all), func(t string) bool { return t == token })
		})
	}
}

// dropTokenBySet is dropToken by a Set of what is left.
func dropTokenBySet(token string, seen *bool) func(*Call) {
	return func(c *Call) {
		s := c.Session()
		all := tokens.Or(s, nil)
		*seen = slices.Contains(all, token)
		tokens.Set(s, slices.DeleteFunc(all, func(t string) bool { return t == token }))
	}
}

// count is how often a token stands in all sessions of the table, as values or as messages.
func (n *node) count(token string) (count int) {
	n.t.Helper()
	var rows []gormsession.Session
	if err := n.db.Table(n.table).Find(&rows).Error; err != nil {
		n.t.Fatal(err)
	}
	for _, row := range rows {
		entries, err := n.plugin.Entries(row)
		if err != nil {
			n.t.Fatal(err)
		}
		count += strings.Count(fmt.Sprint(entries), token)
	}
	return count
}

// A claim is what a client has been told of what it has added, and what is known besides.
type claim struct {
	reply reply
	err   error
	done  bool // the first try was carried out
	gone  bool // the session was deleted, or the token taken back by somebody who had seen it
}

// check compares a claim with what is stored: what was acknowledged is there once, what certainly
// failed is not there, and of what is unknown nobody knows.
func (c claim) check(t testing.TB, what string, stored int) {
	t.Helper()
	least, most := 0, 1
	switch {
	case c.gone:
		most = 0
	case c.reply.status == http.StatusOK || c.done:
		least = 1
	case !errors.Is(c.err, gormsession.ErrOutcomeUnknown) &&
		!strings.Contains(fmt.Sprint(c.err), "connection was lost"):
		most = 0
	}
	if stored < least || stored > most {
		t.Errorf("%s: answered with %d (%v), and the token is stored %d times",
			what, c.reply.status, c.err, stored)
	}
	if c.reply.status != http.StatusOK && c.reply.cookie != nil {
		t.Errorf("%s: answered with %d and the cookie %s", what, c.reply.status, c.reply.line)
	}
}
