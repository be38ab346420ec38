// Package shop is a small shop on gormsession.
package shop

import (
	"fmt"
	"net/http"

	"github.com/seed7368b609/gormsession/httpsession"
)

const (
	visits = httpsession.Field[int]("visits")
	userID = httpsession.Field[int]("user_id")
	cart   = httpsession.Field[[]string]("cart")
)

func home(w http.ResponseWriter, r *http.Request) {
	session := httpsession.Get(r)
	visits := visits.Modify(session, func(n int) int { return n + 1 })
	name := "stranger"
	if id, ok := userID.Get(session); ok {
		name = fmt.Sprintf("user %d", id)
	}
	for _, message := range session.Flashes() {
		name = fmt.Sprint(message, " ", name)
	}
	fmt.Fprintf(w, "%s, visit %d, %d in the cart", name, visits, len(cart.Or(session, nil)))
}

func addToCart(w http.ResponseWriter, r *http.Request) {
	session := httpsession.Get(r)
	cart.Modify(session, func(cart []string) []string { return append(cart, r.FormValue("item")) })
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func logIn(w http.ResponseWriter, r *http.Request) {
	session := httpsession.Get(r)
	session.CycleKey() // a key that somebody has planted before is worth nothing
	userID.Set(session, 42)
	session.Flash("Welcome back!")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func logOut(w http.ResponseWriter, r *http.Request) {
	httpsession.Get(r).LogOut()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// New is the shop.
func New(session, takeOver func(http.Handler) http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /cart", addToCart)
	mux.HandleFunc("POST /login", logIn)
	mux.HandleFunc("POST /logout", logOut)
	return session(takeOver(mux))
}
