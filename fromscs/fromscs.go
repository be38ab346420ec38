// Package fromscs takes the sessions of alexedwards/scs over into gormsession's, one by one, as
// their visitors come: see package movein for what happens, and docs/from-scs.md for the whole
// move.
//
//	bridge, err := fromscs.New(db, plugin, manager, movein.Config{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	handler := httpsession.Handler(plugin)(bridge.Handler(mux))
//
// The manager is made as it was for scs, with its store, codec and cookie, and what was given to
// gob.Register still is: the entries are decoded by it. Its LoadAndSave is mounted no more.
package fromscs

import (
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/movein"
)

// New makes a bridge from the sessions of a manager to the plugin, on the database handle that the
// plugin was made on.
func New(
	db *gorm.DB, plugin *gormsession.Plugin, manager *scs.SessionManager, c movein.Config,
) (*movein.Bridge, error) {
	return movein.New(db, plugin, source{manager}, c)
}

type source struct{ manager *scs.SessionManager }

func (s source) Cookie() string { return s.manager.Cookie.Name }

// Name is the token, which is all of the cookie. In capitals, or with spaces behind it, it is the
// same one to some databases, such as MySQL; and two tokens differ in more than that.
func (s source) Name(value string) string { return strings.ToLower(strings.TrimSpace(value)) }

func (s source) token(r *http.Request) string {
	cookie, err := r.Cookie(s.Cookie())
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (s source) Load(r *http.Request) (map[string]any, error) {
	ctx, err := s.manager.Load(r.Context(), s.token(r))
	if err != nil {
		return nil, err
	}
	var entries map[string]any
	for _, name := range s.manager.Keys(ctx) { // none of a session that is not there
		if entries == nil {
			entries = map[string]any{}
		}
		entries[name] = s.manager.Get(ctx, name)
	}
	return entries, nil
}

func (s source) End(r *http.Request) error {
	ctx, err := s.manager.Load(r.Context(), s.token(r))
	if err != nil || s.manager.Token(ctx) == "" {
		return err
	}
	return s.manager.Destroy(ctx)
}

func (s source) Forget(w http.ResponseWriter, _ *http.Request) {
	c := s.manager.Cookie
	http.SetCookie(w, &http.Cookie{
		Name: c.Name, Path: c.Path, Domain: c.Domain, Secure: c.Secure, HttpOnly: c.HttpOnly,
		SameSite: c.SameSite, Partitioned: c.Partitioned,
		MaxAge: -1, Expires: time.Unix(1, 0),
	})
}
