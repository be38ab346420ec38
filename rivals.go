package gormsession

import (
	"context"

	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// locate looks for the session of the key that the request came with, and returns no store if there
// is none. Where it came with several keys, another host of the domain may have planted one (cookie
// tossing): which of two live ones is the user's nobody can tell, so neither counts.
func (s *State) locate(ctx context.Context) (*store, record, error) {
	if len(s.rivals) == 0 {
		return s.p.find(ctx, s.key)
	}
	var home *store
	var r record
	var live []string
	for _, key := range s.rivals {
		if s.crowd || len(live) > 1 {
			break // it is certain that none counts
		}
		at, found, err := s.p.find(ctx, key)
		if err != nil {
			return nil, record{}, err
		}
		if at != nil {
			home, r, live = at, found, append(live, key)
		}
	}
	if len(live) == 1 {
		s.key, s.cookieKey, s.rivals = live[0], live[0], nil
		s.c = s.c.Alone()
		return home, r, nil
	}
	s.warnOfRivals("and not exactly one of them is live, so none counts", live)
	return nil, record{}, nil
}

// warnOfRivals says that several cookies of the name came.
func (s *State) warnOfRivals(what string, live []string) {
	s.warn("gormsession: a request brings several cookies of the session's name, "+what+
		": another host of the domain may have set one, which a name that begins with __Host- "+
		"prevents", "cookie", s.p.opts.cookieName, "path", s.path,
		"sessions", handlesOf(s.rivals), "more", s.crowd, "live", handlesOf(live))
}

func handlesOf(keys []string) []string {
	handles := make([]string, len(keys))
	for i, key := range keys {
		handles[i] = sessionkey.Handle(key)
	}
	return handles
}
