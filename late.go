package gormsession

// depend notes that the response depends on whose session it is. Once the header has left it says
// so no more, and whoever wrote the page is told.
func (s *State) depend() {
	if s.varies || s.closed {
		return
	}
	s.varies = true
	if s.unsaid {
		s.warn("gormsession: the session was first read after the response's header had left, to which "+
			"neither Vary: Cookie nor Cache-Control: private could be added: read it before the first "+
			"byte, or a cache may give the page to somebody else", "path", s.path)
	}
}
