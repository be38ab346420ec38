package verdict

// CookieEdit is what the response does to the client's cookie.
type CookieEdit uint8

const (
	LeaveCookie CookieEdit = iota
	SetCookie
	DeleteCookie
)

// CacheEdit is what it says to shared caches.
type CacheEdit uint8

const (
	LeaveCaches      CacheEdit = iota
	PrivateByDefault           // where the handler has said nothing
	Private                    // whatever the handler has said
)

// Edits are those of the response's header.
type Edits struct {
	Cookie CookieEdit
	Vary   bool
	Cache  CacheEdit
}

// Announce says what the response tells the client. saved tells whether what was to be saved is;
// public, whether the handler lets shared caches keep the response.
func Announce(c Case, saved, public bool, r Rules) Edits {
	malformed := c.Cookie == Malformed && r.DeletesMalformed
	if c.Look == Unseen && !c.Modified() && !malformed && c.Debt != Owed {
		return Edits{}
	}
	e := Edits{Vary: true, Cache: PrivateByDefault}
	switch {
	case tellsKey(c, saved):
		e.Cookie, e.Cache = SetCookie, Private
	case tellsEnd(c, saved, public, r):
		e.Cookie, e.Cache = DeleteCookie, Private
	case c.Flushed():
		e.Cache = Private
	}
	return e
}

// tellsKey tells whether the cookie leaves: with a statement that has found the row alive, lest a
// request that was overtaken by a login puts the old key in the place of the new one.
func tellsKey(c Case, saved bool) bool {
	switch {
	case !c.HasKey():
		return false
	case c.Debt == Owed:
		return true
	}
	return saved && c.Debt == Seen && !c.Discarded && (c.Modified() || c.Renewal != NotRenewed)
}

// tellsEnd tells whether the cookie is deleted.
func tellsEnd(c Case, saved, public bool, r Rules) bool {
	switch {
	case c.Cookie == NoCookie, c.HasKey(), c.Row == Unreadable:
		return false
	case c.End == EndDue, c.End == EndFailed:
		return false
	case c.End == Ended:
		return true
	case c.Filled:
		return false
	case c.Cookie == Several:
		return false // one of them would go, and leave the browser with the others
	case saved && c.Modified(): // it was emptied
		return true
	case c.Cookie == Malformed:
		return !public
	}
	// At a mere read the browser may have got a newer one meanwhile.
	return r.DeletesUnknown && !public
}
