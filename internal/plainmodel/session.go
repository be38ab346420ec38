package plainmodel

import (
	"maps"
	"slices"
	"strings"
)

// A Session is what one request has of its session.
type Session struct {
	w *World
	Settings

	// What the request has brought under the cookie's name.
	present bool     // something
	brought string   // the key that counts, the last one until that is known
	keys    []string // all of them, where they are several and one may count that alone is live
	crowd   bool     // there are more of them than are looked up

	known      bool // it was looked up, or was ended
	unreadable bool // there is a row, and it cannot be read
	key        string
	at         Place  // of its row
	row        Row    // as this request knows it
	over       bool   // this request has let it end
	entries    entry  // as the handler sees them
	log        []edit // what it has done to them since the last save

	glanced, read bool // the handler has asked whose session it is, or for the data
	changed       bool // there is something to save
	modified      bool // there was
	renewed       bool // the expiry was, or is to be, renewed
	renewal       bool // it is to be
	touched       bool // because the handler wants it
	newKey        bool // it is to get one
	insists       bool // Save wants the row written, and has not had its way
	discarded     bool
	flushed       bool
	doomed        []string // keys whose rows are to be deleted
	gaveUp        bool     // which could not be done, and the response says so
	err           Error    // sticks

	alive  bool // this commit has found the row alive
	moved  bool // Save has moved its end: it is to be seen whether it is alive
	owed   bool // Save has given it a key: the client is told, whatever the response
	untold bool // and cannot be
	sent   bool // the header has left, or none will
	broken bool // the response is an error
	unsaid bool // the header does not say that the response depends on the cookie
}

type entry = map[string]string

// An edit is what was done to the entries, to be done again on what others have saved.
type edit struct {
	do    func(entry) Error
	twice bool // is as good as once
}

// always is an edit that may be done twice, and once is one that may not.
func always(do func(entry)) edit {
	return edit{func(e entry) Error { do(e); return NoError }, true}
}

func once(do func(entry)) edit {
	return edit{func(e entry) Error { do(e); return NoError }, false}
}

// Begin is the session of a request that brings those values under the cookie's name.
func (w *World) Begin(settings Settings, values []string) *Session {
	s := &Session{w: w, Settings: settings, present: len(values) > 0}
	for _, value := range values {
		if !s.wellFormed(value) {
			continue
		}
		s.brought = value
		if !s.Django && !slices.Contains(s.keys, value) {
			s.keys = append(s.keys, value)
		}
	}
	if len(s.keys) < 2 {
		s.keys = nil
	}
	if s.crowd = len(s.keys) > 8; s.crowd {
		s.keys = s.keys[:8]
	}
	s.key = s.brought
	return s
}

// find looks for the live row of a key.
func (s *Session) find(key string) (at Place, row Row, found bool, err Error) {
	for _, table := range s.tables() {
		if at = (Place{table, key}); s.storable(key) {
			if row, found, err = s.w.readLive(at); found || err != NoError {
				return at, row, found, err
			}
		}
	}
	return at, row, false, NoError
}

// look makes the session known, and tells whether it is.
func (s *Session) look() bool {
	if s.known || s.err != NoError {
		return s.known
	}
	var live []string
	candidates := s.keys
	if len(candidates) == 0 && s.key != "" {
		candidates = []string{s.key}
	}
	for _, key := range candidates {
		if s.crowd || len(live) > 1 {
			break
		}
		at, row, found, err := s.find(key)
		if err != NoError {
			s.err = err
			return false
		}
		if found {
			s.at, s.row, live = at, row, append(live, key)
		}
	}
	s.known, s.key = true, ""
	switch {
	case len(live) != 1:
		s.row = Row{}
		if len(s.keys) > 0 {
			s.w.say("several cookies")
		}
		return true
	case s.row.Unreadable:
		s.unreadable, s.row = true, Row{}
		s.w.say("data corrupted")
	default:
		s.key, s.entries = live[0], maps.Clone(s.row.Entries)
	}
	s.brought, s.keys = live[0], nil
	return true
}

// hasKey tells whether it has one: what was brought counts until it is looked up.
func (s *Session) hasKey() bool { return s.key != "" }

// depends notes that the response depends on whose session it is.
func (s *Session) depends(data bool) {
	if s.unsaid && !s.glanced && !s.read {
		s.w.say("first read after the header")
	}
	s.glanced, s.read = true, s.read || data
}

// load is what each access to the data begins with.
func (s *Session) load() bool {
	s.depends(true)
	return s.look()
}

// writable tells whether a write will be done.
func (s *Session) writable() bool { return s.load() && s.err == NoError }

// refuse lets an error stick, for a write that cannot be done.
func (s *Session) refuse(err Error) {
	if s.writable() {
		s.err = err
	}
}

// change edits the entries.
func (s *Session) change(e edit) bool {
	if !s.writable() {
		return false
	}
	if s.entries = maps.Clone(s.entries); s.entries == nil {
		s.entries = entry{}
	}
	if err := e.do(s.entries); err != NoError {
		s.err = err
		return false
	}
	s.log = append(s.log, e)
	s.changed, s.modified = true, true
	return true
}

// listed are the messages of a list.
func listed(text string) []string {
	if text = strings.Trim(text, "[]"); text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// put gives the entry of flash messages a list.
func put(e entry, messages []string) {
	if len(messages) == 0 {
		delete(e, flashEntry)
		return
	}
	e[flashEntry] = "[" + strings.Join(messages, ",") + "]"
}
