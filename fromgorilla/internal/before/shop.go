// Package shop is a small shop on gorilla/sessions.
package shop

import (
	"fmt"
	"net/http"

	"github.com/gorilla/sessions"
)

type shop struct{ store sessions.Store }

func (s shop) home(w http.ResponseWriter, r *http.Request) {
	session, _ := s.store.Get(r, "shop")
	visits, _ := session.Values["visits"].(int)
	visits++
	session.Values["visits"] = visits
	name := "stranger"
	if id, ok := session.Values["user_id"].(int); ok {
		name = fmt.Sprintf("user %d", id)
	}
	cart, _ := session.Values["cart"].([]string)
	for _, message := range session.Flashes() {
		name = fmt.Sprint(message, " ", name)
	}
	if err := session.Save(r, w); err != nil {
		http.Error(w, "not saved", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "%s, visit %d, %d in the cart", name, visits, len(cart))
}

func (s shop) addToCart(w http.ResponseWriter, r *http.Request) {
	session, _ := s.store.Get(r, "shop")
	cart, _ := session.Values["cart"].([]string)
	session.Values["cart"] = append(cart, r.FormValue("item"))
	if err := session.Save(r, w); err != nil {
		http.Error(w, "not saved", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s shop) logIn(w http.ResponseWriter, r *http.Request) {
	session, _ := s.store.Get(r, "shop")
	session.Values["user_id"] = 42
	session.AddFlash("Welcome back!")
	if err := session.Save(r, w); err != nil {
		http.Error(w, "not saved", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s shop) logOut(w http.ResponseWriter, r *http.Request) {
	session, _ := s.store.Get(r, "shop")
	session.Options.MaxAge = -1
	if err := session.Save(r, w); err != nil {
		http.Error(w, "not saved", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// New is the shop.
func New(store sessions.Store) http.Handler {
	s := shop{store}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /cart", s.addToCart)
	mux.HandleFunc("POST /login", s.logIn)
	mux.HandleFunc("POST /logout", s.logOut)
	return mux
}
