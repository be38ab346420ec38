package gormsession

import (
	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// Key returns the session key, "" if the session has none yet: a new one gets it when it is saved.
// It is the live credential, what the cookie holds: whoever has it has the session, so it belongs
// in no page, log or URL; see Handle. Without a load the key is what the client sent; where that is
// several keys, the session is loaded. After CycleKey it is the new key.
func (s *State) Key() string {
	s = s.look()
	defer s.mu.Unlock()
	s.identify()
	return s.currentKey()
}

// identify is called by what tells the response whose session it is, without an access to its data.
func (s *State) identify() {
	s.depend(verdict.Glanced)
	if len(s.came.Rivals) > 0 || s.pledge != nil {
		s.fetch(primary)
	}
}

func (s *State) currentKey() string {
	switch {
	case s.nextKey != "":
		return s.nextKey
	case len(s.came.Rivals) > 0 && !s.c.Known():
		return "" // one of them, but which
	}
	return s.key
}

// Handle returns a public name of the session for logs and lists: the first 12 hexadecimal digits
// of the SHA-256 of its key. It opens nothing. It is "" if the session has no key, as a new one
// before it is saved.
func (s *State) Handle() string {
	s = s.look()
	defer s.mu.Unlock()
	s.identify()
	return sessionkey.Handle(s.currentKey())
}

// handle is the name for the log, also of a session that the client has named and that is no more.
func (s *State) handle() string {
	if key := s.currentKey(); key != "" {
		return sessionkey.Handle(key)
	}
	return sessionkey.Handle(s.came.Key)
}

// IsEmpty reports whether the session has neither a key nor data, without loading it, as far as Key
// does (Django's is_empty).
func (s *State) IsEmpty() bool {
	s = s.look()
	defer s.mu.Unlock()
	s.identify()
	return s.isEmpty()
}

func (s *State) isEmpty() bool { return s.key == "" && len(s.entries) == 0 }

// IsNew reports whether the session is not stored yet, without loading it, as far as Key does: a
// key that the client sent counts as stored until a load shows that it is not.
func (s *State) IsNew() bool {
	s = s.look()
	defer s.mu.Unlock()
	s.identify()
	return s.key == ""
}

// CycleKey gives the session a new key and keeps its data. Call it at each login, so that a key
// that somebody has planted before is worth nothing (session fixation). It is carried out when the
// session is saved, in one transaction with everything else; a response of 500 and up leaves the
// old key alive and loses nothing. Of two requests that cycle one key at once, one wins and the
// other is answered with 400. A request that comes with the old key after that has a session that
// is unknown: a logout by it does not reach the new key. A session without a row gets one.
//
// It belongs before the first byte of a body that is flushed or longer than [WithHeldBytes], and
// before a Hijack: where the client cannot be told of the new key, nothing of what was changed
// since the last save is saved, and the row stays as it was. [State.Save] returns [ErrHeaderSent]
// then; at the end of the request it goes to the log.
func (s *State) CycleKey() {
	s = s.enter()
	defer s.mu.Unlock()
	if s.writable("") && s.loadPrimary() {
		s.cycle()
	}
}

// cycle is CycleKey. mu is held.
func (s *State) cycle() {
	s.c = s.c.NewKey()
	if s.key != "" && s.nextKey == "" {
		s.nextKey = s.p.opts.newKey()
	}
}

// Flush ends the session: its row is deleted, its data forgotten, and the client's cookie deleted.
// Call it at logout. It needs no load, and it is carried out whatever becomes of the response: also
// at a status of 500 and up, after a sticky error, and in a panic. What is set afterwards, a flash
// message for one, makes a new session with a new key. Where the client has sent several keys, of
// which none counts or which were not looked up yet, the sessions of all of them end, of eight at
// most.
func (s *State) Flush() {
	s = s.enter()
	defer s.mu.Unlock()
	if s.phase == closed {
		s.tooLate("")
		return
	}
	if !s.barred() {
		s.flush()
	}
}

// flush is Flush. mu is held.
func (s *State) flush() {
	before := len(s.doomed)
	s.doom()
	s.c = s.c.Flush(len(s.doomed) > before)
	s.forget()
}

// Discard drops what this request has changed, and what it changes from now on: nothing of it is
// saved. A Flush is carried out all the same, and what Save has stored stays.
func (s *State) Discard() {
	s = s.enter()
	defer s.mu.Unlock()
	if s.phase == closed || s.barred() {
		return
	}
	s.entries, s.log, s.nextKey, s.loggedIn = s.row.Entries, nil, "", false
	s.c = s.c.Discard()
	if s.c.Trouble == verdict.NoTrouble {
		s.err = nil
	}
}

// doom notes whose rows are to be deleted.
func (s *State) doom() {
	switch {
	case len(s.came.Rivals) > 0:
		if s.came.Crowd {
			s.warnOfRivals("and not all of them are looked up to be ended", nil)
		}
		s.doomed = append(s.doomed, s.came.Rivals...)
		if s.c.Known() && s.key != "" { // a session that this request has made beside them
			s.doomed = append(s.doomed, s.key)
		}
	case s.key != "":
		s.doomed = append(s.doomed, s.key)
		s.doomPledged()
	case s.c.Row == verdict.Unreadable:
		s.doomed = append(s.doomed, s.came.Key)
	}
}

// doomPledged notes the other keys of which one may be the session's, as a transaction decides.
func (s *State) doomPledged() {
	if s.pledge == nil {
		return
	}
	s.flushedIn = s.pledge.in
	for _, k := range s.pledge.keys {
		if k.key != "" && k.key != s.key {
			s.doomed = append(s.doomed, k.key)
		}
	}
}

// forget makes the session one that nobody has.
func (s *State) forget() {
	s.leaving, s.loggedIn = userName(s.entries[userEntry]), false
	s.key, s.row, s.entries, s.log, s.nextKey = "", engine.Record{}, nil, nil, ""
	s.came.Rivals, s.pledge = nil, nil
}
