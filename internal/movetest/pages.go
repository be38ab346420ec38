// Package movetest holds what a move from another library has to show, for each of the bridges: the
// same small site, on the old library and on this one, and its visitors before, during and after
// the switch.
package movetest

import (
	"fmt"
	"net/http"

	"github.com/seed7368b609/gormsession"
)

// An OldSession is one of the old library's, as the site's pages use it.
type OldSession interface {
	Get(name string) any
	Set(name string, value any)
	Save() error
}

// AnswerOld is a page of the site on the old library.
func AnswerOld(w http.ResponseWriter, r *http.Request, s OldSession) {
	user, _ := s.Get("user").(string)
	count, _ := s.Get("count").(int)
	switch r.URL.Path {
	case "/login":
		user, count = r.FormValue("user"), 0
		s.Set("user", user)
		s.Set("count", count)
	case "/count":
		count++
		s.Set("count", count)
	}
	if r.Method == http.MethodPost {
		if err := s.Save(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	answer(w, user, count)
}

var (
	user  = gormsession.Field[string]("user")
	count = gormsession.Field[int]("count")
)

// Answer is the same page on this one.
func Answer(w http.ResponseWriter, r *http.Request, s *gormsession.State) {
	switch r.URL.Path {
	case "/login":
		user.Set(s, r.FormValue("user"))
		count.Set(s, 0)
	case "/count":
		if user.Has(s) {
			count.Modify(s, func(n int) int { return n + 1 })
		}
	case "/logout":
		s.LogOut()
	case "/broken":
		w.WriteHeader(http.StatusInternalServerError)
	}
	answer(w, user.Or(s, ""), count.Or(s, 0))
}

func answer(w http.ResponseWriter, user string, count int) {
	if user == "" {
		fmt.Fprint(w, nobody)
		return
	}
	fmt.Fprintf(w, "%s %d", user, count)
}

const nobody = "nobody"
