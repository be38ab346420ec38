package gormsession

import "github.com/seed7368b609/gormsession/internal/verdict"

// depend notes what the handler looks at, so that the response depends on whose session it is. Once
// the header has left it says so no more, and whoever wrote the page is told.
func (s *State) depend(on verdict.Look) {
	first := s.c.Look == verdict.Unseen && s.phase != closed
	s.c = s.c.LookedAt(on)
	if first && s.unsaid {
		s.warn(
			"gormsession: the session was first read after the response's header had left, to which "+
				"neither Vary: Cookie nor Cache-Control: private could be added: read it before the first "+
				"byte, or a cache may give the page to somebody else",
			"path",
			s.path,
		)
	}
}
