package suite

import (
	"sync"

	"gorm.io/gorm"
)

// lines keeps what it is told, for tests that look at it afterwards.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) note(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
}

// take returns what was noted since the last time.
func (l *lines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.all
	l.all = nil
	return all
}

// watch notes what look makes of each statement, in the middle of GORM's callbacks.
func (s *site) watch(look func(tx *gorm.DB) string) *lines {
	s.t.Helper()
	seen := &lines{}
	see := func(tx *gorm.DB) { seen.note(look(tx)) }
	c := s.db.Callback()
	for _, err := range []error{
		c.Row().After("gorm:row").Register("watch", see),
		c.Raw().After("gorm:raw").Register("watch", see),
		c.Create().After("gorm:create").Register("watch", see),
		c.Update().After("gorm:update").Register("watch", see),
		c.Delete().After("gorm:delete").Register("watch", see),
	} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return seen
}
