// Package shop is a small shop on alexedwards/scs.
package shop

import (
	"encoding/gob"
	"fmt"
	"net/http"

	"github.com/alexedwards/scs/v2"
)

func init() { gob.Register([]string{}) }

type shop struct{ *scs.SessionManager }

func (s shop) home(w http.ResponseWriter, r *http.Request) {
	visits := s.GetInt(r.Context(), "visits") + 1
	s.Put(r.Context(), "visits", visits)
	name := "stranger"
	if s.Exists(r.Context(), "user_id") {
		name = fmt.Sprintf("user %d", s.GetInt(r.Context(), "user_id"))
	}
	if message := s.PopString(r.Context(), "flash"); message != "" {
		name = fmt.Sprint(message, " ", name)
	}
	cart, _ := s.Get(r.Context(), "cart").([]string)
	fmt.Fprintf(w, "%s, visit %d, %d in the cart", name, visits, len(cart))
}

func (s shop) addToCart(w http.ResponseWriter, r *http.Request) {
	cart, _ := s.Get(r.Context(), "cart").([]string)
	s.Put(r.Context(), "cart", append(cart, r.FormValue("item")))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s shop) logIn(w http.ResponseWriter, r *http.Request) {
	if err := s.RenewToken(r.Context()); err != nil {
		http.Error(w, "not renewed", http.StatusInternalServerError)
		return
	}
	s.Put(r.Context(), "user_id", 42)
	s.Put(r.Context(), "flash", "Welcome back!")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s shop) logOut(w http.ResponseWriter, r *http.Request) {
	if err := s.Destroy(r.Context()); err != nil {
		http.Error(w, "not ended", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// New is the shop.
func New(manager *scs.SessionManager) http.Handler {
	s := shop{manager}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /cart", s.addToCart)
	mux.HandleFunc("POST /login", s.logIn)
	mux.HandleFunc("POST /logout", s.logOut)
	return s.LoadAndSave(mux)
}
