package gormsession

import (
	"bytes"
	"errors"
)

// Save saves the session now, instead of once the handler has returned: to have its key, to be sure
// of a Modify, or to know of an error. It makes a row even for an empty session, as in Django, and
// always asks the database. It returns [ErrInterrupted] if the session was deleted meanwhile, an error
// after Discard, [ErrUnavailable] or [ErrOutcomeUnknown] after a fault of the database, and the sticky
// error if there is one. It returns [ErrHeaderSent] where the client cannot be told of a new session,
// or of the new key of CycleKey, any more; nothing of what was changed is saved then.
//
// Modified stays true. The cookie of a new session or key goes to the client whatever the status of
// the response; that of any other session where Save has moved its expiry, if the session is still
// alive when the response leaves, which costs a SELECT then.
func (s *State) Save() error {
	s = s.enter()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.barred() {
		return s.err
	}
	s.accessed = true
	s.depend()
	before, was := s.key, s.row
	s.share()
	defer s.settle()
	err := s.persist(true, false)
	if errors.Is(err, ErrOutcomeUnknown) {
		s.fail(err) // to try again would be to guess
	}
	s.insists = err != nil // so that the commit tries again, and does not answer 200 where the handler ignores the error
	if err == nil && s.key != before {
		s.cookieDue = s.key != ""
	}
	s.moved = s.moved || err == nil && before != "" && !s.row.endsAs(was)
	s.alive = false // until the commit has seen it: a login may come in between
	return err
}

// endsAs tells whether a row ends when another one does, and its cookie likewise.
func (r record) endsAs(other record) bool {
	return r.expire.Equal(other.expire) &&
		bytes.Equal(r.entries[expiryEntry], other.entries[expiryEntry])
}

// confirm looks whether a session whose expiry a Save has moved is still alive, so that its cookie may
// leave.
func (s *State) confirm() error {
	if !s.moved || s.alive || s.cookieDue || !s.modified || s.key == "" || s.discarded {
		return nil
	}
	ctx, cancel := s.deadline()
	defer cancel()
	return s.lend(func() error {
		home, _, err := s.p.find(ctx, s.key)
		s.alive = home != nil
		return err
	})
}

// persist carries out a flush, and then saves what is unsaved. explicit: also what did not change;
// renew: also the expiry of what did not. mu is held.
func (s *State) persist(explicit, renew bool) error {
	return s.lend(func() error { return s.persistUnsaved(explicit, renew) })
}

func (s *State) persistUnsaved(explicit, renew bool) error {
	if err := s.bury(); err != nil {
		return err
	}
	if s.discarded {
		switch {
		case !s.loaded:
			return s.err // what could not be loaded is no empty session
		case explicit:
			return errDiscarded
		}
		return nil
	}
	if s.err != nil {
		return s.err
	}
	explicit = explicit || s.insists
	if !explicit && !s.unsaved && !renew {
		return nil
	}
	if !s.fetch() {
		return s.err
	}
	switch {
	case s.key == "":
		return s.persistNew(explicit)
	case s.nextKey != "" && s.headerSent:
		// The client would be left with a key that is gone. To save under the old one would be to
		// log in whoever has planted it.
		return ErrHeaderSent
	case s.nextKey != "":
		return s.wherever(s.persistCycle)
	case !explicit && !s.modified:
		return s.persistTouch()
	}
	return s.wherever(func() error { return s.persistOld(explicit) })
}

// bury deletes the rows that were flushed.
func (s *State) bury() error {
	for len(s.doomed) > 0 {
		if err := s.buryOne(s.doomed[0]); err != nil {
			return err
		}
		s.doomed = s.doomed[1:]
	}
	return nil
}

func (s *State) buryOne(key string) error {
	ctx, cancel := s.deadline()
	defer cancel()
	return s.lend(func() error { return s.p.delete(ctx, key) })
}

// persistNew makes a row, if there is anything to store.
func (s *State) persistNew(explicit bool) error {
	if len(s.entries) == 0 && !s.create && (!explicit || s.flushed) {
		s.unsaved = false
		return nil
	}
	if s.headerSent {
		return ErrHeaderSent
	}
	ctx, cancel := s.deadline()
	defer cancel()
	key, to, err := s.p.store.insert(ctx, s.rewrite(s.p.store, ""))
	if err != nil {
		return err
	}
	s.saved(key, to, s.p.store)
	s.alive, s.modified = true, true // the latter is Django's create
	s.p.store.sweepSometimes()
	return nil
}

// persistOld saves changes to the row that is there. What would change neither text nor expire_date is not sent, unless expiry is not
// rounded (Django's way).
func (s *State) persistOld(explicit bool) error {
	w := s.rewrite(s.home, s.log.nonce())
	to, err := w.first(s.home.stored(s.key))
	if err != nil {
		return err
	}
	if !explicit && s.p.opts.step > 0 && to.data == s.row.data && to.expire.Equal(s.row.expire) {
		s.saved(s.key, to, s.home)
		return nil
	}
	ctx, cancel := s.deadline()
	defer cancel()
	to, err = s.home.update(ctx, s.key, s.row, to, w)
	s.alive = err == nil
	if err != nil {
		return err
	}
	s.saved(s.key, to, s.home)
	return nil
}

func (s *State) persistCycle() error {
	ctx, cancel := s.deadline()
	defer cancel()
	w := s.rewrite(s.p.store, "") // the new key is as good as a nonce
	key, to, err := s.home.cycle(ctx, s.p.store, s.key, s.nextKey, s.row, w)
	s.alive = err == nil
	if err != nil {
		return err
	}
	s.saved(key, to, s.p.store)
	return nil
}

// persistTouch renews expire_date alone, unless the row has ended by itself. Where another request
// has moved it meanwhile, or taken the row away, that one has told the client.
func (s *State) persistTouch() error {
	s.unsaved = false
	now := s.now()
	expire := s.p.opts.expireDate(s.lifetime(), now)
	if s.p.opts.step > 0 && expire.Equal(s.row.expire) || s.row.hasEnded(now) {
		return nil
	}
	ctx, cancel := s.deadline()
	defer cancel()
	hit, err := s.home.touch(ctx, s.key, s.row.expire, expire)
	if err == nil && !hit && expire.Equal(s.row.expire) { // MySQL counts the rows that change
		_, hit, err = s.home.find(ctx, s.key)
	}
	s.alive = hit
	if err != nil {
		s.unsaved = true
		return err
	}
	s.row.end(expire, now)
	return nil
}

// saved notes what the row holds now, and where it is.
func (s *State) saved(key string, r record, home *store) {
	s.key, s.home, s.row, s.entries, s.log = key, home, r, r.entries, nil
	s.nextKey, s.create, s.unsaved, s.loaded, s.damaged = "", false, false, true, false
}
