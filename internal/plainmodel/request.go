package plainmodel

// A Request goes through one session, or two that are mounted one within the other.
type Request struct {
	Sessions []*Session // the outermost first
	Status   int
	Header   Header // as the handler has it

	Answer Answer

	left   bool
	failed [2]bool // the session's commit has, and an error went out in place of the response
}

// An Answer is what the client gets.
type Answer struct {
	Status int
	Header Header
}

// Leave lets the response go, unless it has. carried is false before a raw Hijack, of which the
// client gets what the handler sends.
func (r *Request) Leave(carried bool) {
	if r.left {
		return
	}
	r.left, r.Answer.Status = true, r.Status
	h, status := r.Header.clone(), r.Status
	said := Header{} // cookies of the sessions inside, which go out whatever becomes of this one
	for i := len(r.Sessions) - 1; i >= 0; i-- {
		s := r.Sessions[i]
		err := s.commit(&h, status, carried)
		if err != NoError && !s.LetsGo {
			h, status, carried = said.clone(), err.status(), true
			r.failed[i] = true
			s.announce(&h, false)
			if len(h.Cookies) > 0 {
				h.keepPrivate()
			}
		}
		said.Cookies = h.Cookies
		if !carried {
			status = 200 // a session outside does not learn of one that nobody sends
		}
	}
	if carried {
		r.Answer = Answer{status, h}
	}
}

// Left tells whether it has.
func (r *Request) Left() bool { return r.left }

// Finish is the end of a handler that has returned.
func (r *Request) Finish() {
	r.Leave(true)
	for i := len(r.Sessions) - 1; i >= 0; i-- {
		r.Sessions[i].end()
	}
}

// Panic is the end of one that has not.
func (r *Request) Panic() {
	h := &Header{}
	if r.left {
		h = nil
	}
	for i := len(r.Sessions) - 1; i >= 0; i-- {
		r.Sessions[i].abort(h)
	}
	if r.left {
		return
	}
	if len(h.Cookies) > 0 {
		h.keepPrivate()
	}
	r.Answer = Answer{500, *h}
}

// FailLate is the end of one that says 500 after the header has left: as a panic, unless what it
// says goes to a response that was replaced.
func (r *Request) FailLate() {
	reaches := true
	for i := len(r.Sessions) - 1; i >= 0; i-- {
		if reaches = reaches && !r.failed[i]; reaches {
			r.Sessions[i].abort(nil)
		} else {
			r.Sessions[i].end()
		}
	}
}
