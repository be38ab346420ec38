// Package fromgorilla takes the sessions of gorilla/sessions over into gormsession's, one by one,
// as their visitors come: see package movein for what happens, and docs/from-gorilla.md for the
// whole move.
//
//	bridge, err := fromgorilla.New(db, plugin, store, "session", movein.Config{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	handler := httpsession.Handler(plugin)(bridge.Handler(mux))
//
// The store is made as it was for gorilla/sessions, with its keys and options, and what was given
// to gob.Register still is: the entries are decoded by it.
package fromgorilla

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"reflect"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/movein"
)

// New makes a bridge from the sessions of that name in a store to the plugin, on the database
// handle that the plugin was made on. Messages of AddFlash become those of Flash, unless c.Fill
// says otherwise.
func New(
	db *gorm.DB, plugin *gormsession.Plugin, store sessions.Store, name string, c movein.Config,
) (*movein.Bridge, error) {
	if c.Fill == nil {
		c.Fill = fill
	}
	return movein.New(db, plugin, NewSource(store, name), c)
}

// flashes is the entry that holds the messages of AddFlash.
const flashes = "_flash"

func fill(s *gormsession.State, old map[string]any) error {
	for name, value := range old {
		messages, is := value.([]any)
		if name != flashes || !is {
			s.Set(name, value)
			continue
		}
		for _, message := range messages {
			s.Flash(message)
		}
	}
	return nil
}

// NewSource makes a source of the sessions of that name in a store: a CookieStore, a
// FilesystemStore, or any other, such as wader/gormstore.
func NewSource(store sessions.Store, name string) movein.Source {
	return source{store, name, codecsOf(store)}
}

type source struct {
	store  sessions.Store
	name   string
	codecs []securecookie.Codec
}

// codecsOf are those of the store's cookies, none where it has no field of that name. Of the stores
// that there are nearly all have.
func codecsOf(store sessions.Store) []securecookie.Codec {
	v := reflect.Indirect(reflect.ValueOf(store))
	if v.Kind() != reflect.Struct {
		return nil
	}
	field := v.FieldByName("Codecs")
	if !field.IsValid() || !field.CanInterface() {
		return nil
	}
	codecs, _ := field.Interface().([]securecookie.Codec)
	return codecs
}

func (s source) Cookie() string { return s.name }

// Name is the session's ID where the cookie holds one, and else what the cookie says, which is the
// session then. The text of a cookie is no name: some bits of its last character count for nothing.
func (s source) Name(value string) string {
	if len(s.codecs) > 0 {
		var id string
		if securecookie.DecodeMulti(s.name, value, &id, s.codecs...) == nil {
			return "id " + id
		}
		var values map[any]any
		if isForged(securecookie.DecodeMulti(s.name, value, &values, s.codecs...)) {
			return ""
		}
	}
	if said, err := base64.URLEncoding.DecodeString(value); err == nil {
		value = string(said)
	}
	return "value " + value
}

func (s source) Load(r *http.Request) (entries map[string]any, err error) {
	session, err := s.session(r)
	if session == nil || len(session.Values) == 0 {
		return nil, err
	}
	entries = map[string]any{}
	for key, value := range session.Values {
		entries[fmt.Sprint(key)] = value
	}
	return entries, nil
}

// session is the request's, nil where there is none.
func (s source) session(r *http.Request) (*sessions.Session, error) {
	session, err := s.store.New(r, s.name)
	switch {
	case errors.Is(err, fs.ErrNotExist), isForged(err): // a FilesystemStore's file that has gone
		return nil, nil
	case err != nil:
		if of, is := errors.AsType[*fs.PathError](err); is {
			err = of.Err // for the path names the session
		}
		return nil, err
	case session == nil, session.IsNew:
		return nil, nil
	}
	return session, nil
}

// isForged tells whether an error says that the cookie is none of ours, or too old. One that is
// ours and cannot be decoded has a cause: a type that was not given to gob.Register.
func isForged(err error) bool {
	all, ok := errors.AsType[securecookie.MultiError](err)
	if !ok {
		return false
	}
	for _, err := range all {
		e, ok := err.(securecookie.Error)
		if !ok || e.Cause() == nil {
			continue
		}
		if _, garbled := errors.AsType[base64.CorruptInputError](e.Cause()); !garbled {
			return false
		}
	}
	return true
}

func (s source) End(r *http.Request) error {
	session, err := s.session(r)
	if session == nil {
		return err
	}
	session.Options.MaxAge = -1
	return s.store.Save(r, nowhere{}, session)
}

// Forget deletes the cookie with the attributes that the store sets it with.
func (s source) Forget(w http.ResponseWriter, r *http.Request) {
	none, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, "/", nil)
	options := sessions.Options{Path: "/"}
	if session, _ := s.store.New(none, s.name); session != nil && session.Options != nil {
		options = *session.Options
	}
	options.MaxAge = -1
	http.SetCookie(w, sessions.NewCookie(s.name, "", &options))
}

// nowhere is the response to which a store that ends a session writes its cookie.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
