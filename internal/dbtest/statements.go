package dbtest

import (
	"slices"
	"sync"
)

// Statements records the statements of one pool in the order in which they were
// issued, and lets a test hold them or make them fail. "BEGIN", "COMMIT" and
// "ROLLBACK" stand for the calls of the driver that begin and end a transaction;
// savepoints are ordinary statements. A prepared statement is recorded each time
// it is executed, not when it is prepared. Statements is safe for concurrent use.
type Statements struct {
	mu        sync.Mutex
	all       []string
	compiled  []string
	hook      func(sql string)
	fail      func(sql string) error
	failAfter func(sql string) error
}

// Reset forgets the recorded statements. It leaves Hook, Fail and FailAfter.
func (s *Statements) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all, s.compiled = nil, nil
}

// All returns the text of the recorded statements.
func (s *Statements) All() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

// Compiled returns the texts that the database was given to compile: of each
// statement that was not prepared before, and of each preparation.
func (s *Statements) Compiled() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.compiled)
}

func (s *Statements) compile(sql string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.compiled = append(s.compiled, sql)
}

// Count returns the number of recorded statements without BEGIN, COMMIT and
// ROLLBACK.
func (s *Statements) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, sql := range s.all {
		if sql != "BEGIN" && sql != "COMMIT" && sql != "ROLLBACK" {
			n++
		}
	}
	return n
}

// Hook has f called before each statement, after it was recorded, in the
// goroutine that issues it; f may block to hold the statement. Nil ends it.
func (s *Statements) Hook(f func(sql string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = f
}

// Fail has f called before each statement, after the hook. An error that it
// returns is reported as the driver's, and the statement does not reach the
// database; a COMMIT or ROLLBACK that fails so rolls back. Nil ends it.
func (s *Statements) Fail(f func(sql string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

// FailAfter has f called after each statement that succeeded. An error that it
// returns is reported in place of the result: the statement was carried out and
// its answer lost. Nil ends it.
func (s *Statements) FailAfter(f func(sql string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failAfter = f
}

// issue is called before the statement runs; an error stands for it.
func (s *Statements) issue(sql string) error {
	s.mu.Lock()
	s.all = append(s.all, sql)
	hook, fail := s.hook, s.fail
	s.mu.Unlock()
	if hook != nil {
		hook(sql)
	}
	if fail != nil {
		return fail(sql)
	}
	return nil
}

// answer is called after the statement succeeded; an error replaces the result.
func (s *Statements) answer(sql string) error {
	s.mu.Lock()
	failAfter := s.failAfter
	s.mu.Unlock()
	if failAfter != nil {
		return failAfter(sql)
	}
	return nil
}
