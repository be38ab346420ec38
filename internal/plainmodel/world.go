// Package plainmodel says once more what a request does to its session, in the plainest way: rows
// in a map, a clock, and the rules of docs/semantics.md one after the other. It is written from
// that page and from what the public methods promise, and calls nothing of this module, so that a
// test can compare the library with it, request by request.
package plainmodel

import (
	"maps"
	"time"
)

// A Place is where a row is.
type Place struct{ Table, Key string }

// A Row holds a session. Entries are JSON texts by name.
type Row struct {
	Entries    map[string]string
	Unreadable bool
	Mark       int // of a save that must not be done twice: no other save has the same, 0 is none
	Ends       time.Time
	Note       string // the column of the application's own: its entry "b"
}

// sameText tells whether two rows hold the same text.
func sameText(a, b Row) bool {
	return a.Mark == b.Mark && a.Unreadable == b.Unreadable && maps.Equal(a.Entries, b.Entries)
}

// same tells whether to write the one over the other changes nothing.
func same(a, b Row) bool {
	return sameText(a, b) && a.Ends.Equal(b.Ends) && a.Note == b.Note
}

// Loss is what becomes of a COMMIT whose answer does not come.
type Loss uint8

// What can be lost.
const (
	NoLoss      Loss = iota
	LostRequest      // it never arrives
	LostAnswer       // it is carried out
)

// A Fault is what is wrong with the database at the moment.
type Fault struct {
	Refuses string // a verb that it refuses before anything is done
	Loses   Loss
	Once    bool // the loss is over after the first COMMIT
}

// A World is a database, a clock and a log.
type World struct {
	Now   time.Time
	Rows  map[Place]Row
	Fault Fault
	Asked map[string]int // statements by verb
	Log   []string

	Bare         bool // SkipDefaultTransaction: single statements go without a transaction
	CountsChange bool // it counts the rows that an UPDATE has changed, not those that it has found
	Confirms     bool // a transaction that looks has to commit something of its own
	WritesFirst  bool // a transaction that writes has to begin with a write

	keys, marks int
}

// NewKey returns a key that nobody has.
func (w *World) NewKey() string {
	w.keys++
	return padded(w.keys)
}

func (w *World) mark() int {
	w.marks++
	return w.marks
}

// say logs.
func (w *World) say(line string) { w.Log = append(w.Log, line) }

// ask sends one statement.
func (w *World) ask(verb string) Error {
	w.Asked[verb]++
	if w.Fault.Refuses == verb {
		return Unavailable
	}
	return NoError
}

// transact does writes in one transaction: all of them or none.
func (w *World) transact(write func() Error) Error {
	if err := w.ask("BEGIN"); err != NoError {
		return err
	}
	before := maps.Clone(w.Rows)
	if err := write(); err != NoError {
		w.Rows = before
		w.Asked["ROLLBACK"]++
		return err
	}
	w.Asked["COMMIT"]++
	loss := w.Fault.Loses
	if w.Fault.Once {
		w.Fault.Loses = NoLoss
	}
	if loss == LostRequest {
		w.Rows = before
	}
	if loss != NoLoss {
		return lost
	}
	return NoError
}

// single does one statement that may be done twice.
func (w *World) single(write func() Error) Error {
	if w.Bare {
		return write()
	}
	return w.transact(write)
}

// settle saves, and where the answer to COMMIT was lost looks what has become of it, once.
func (w *World) settle(save, again func() Error) Error {
	err := save()
	if err == lost {
		if err = again(); err != NoError && err != Interrupted {
			return OutcomeUnknown
		}
	}
	return err
}

// read looks for a row, dead or alive.
func (w *World) read(at Place) (Row, bool, Error) {
	if err := w.ask("SELECT"); err != NoError {
		return Row{}, false, err
	}
	row, there := w.Rows[at]
	return row, there, NoError
}

// readLive looks for a row that has not ended.
func (w *World) readLive(at Place) (Row, bool, Error) {
	row, there, err := w.read(at)
	return row, there && row.Ends.After(w.Now), err
}

// update writes a row where it is still as it should be, and tells whether it has hit one.
func (w *World) update(at Place, still func(Row) bool, to Row) (bool, Error) {
	if err := w.ask("UPDATE"); err != NoError {
		return false, err
	}
	was, there := w.Rows[at]
	if !there || !still(was) {
		return false, NoError
	}
	w.Rows[at] = to
	return !w.CountsChange || !same(was, to), NoError
}

// move puts a row to another place, where it is still as it should be.
func (w *World) move(from, to Place, still func(Row) bool, row Row, replace bool) (bool, Error) {
	if from.Table == to.Table && !replace {
		if err := w.ask("UPDATE"); err != NoError {
			return false, err
		}
	} else if err := w.ask("DELETE"); err != NoError {
		return false, err
	}
	was, there := w.Rows[from]
	if !there || !still(was) {
		return false, NoError
	}
	if from.Table != to.Table || replace {
		if err := w.ask("INSERT"); err != NoError {
			return false, err
		}
	}
	delete(w.Rows, from)
	w.Rows[to] = row
	return true, NoError
}

// insert makes a row. After a lost answer its key tells whether it is there.
func (w *World) insert(at Place, row Row) Error {
	create := func() Error {
		if err := w.ask("INSERT"); err != NoError {
			return err
		}
		if _, taken := w.Rows[at]; taken {
			return Unavailable // of no consequence: whoever meets it looks
		}
		w.Rows[at] = row
		return NoError
	}
	return w.settle(func() Error { return w.single(create) }, func() Error {
		taken := false
		if err := w.transact(func() Error {
			_, taken = w.Rows[at]
			return create()
		}); !taken || w.Fault.Refuses == "INSERT" {
			return err
		}
		return w.transact(func() Error {
			_, _, err := w.read(at)
			if err == NoError { // and whether it holds what was sent
				_, _, err = w.read(at)
			}
			return err
		})
	})
}

// delete deletes a row, if there is one. To do it twice does no harm.
func (w *World) delete(at Place) Error {
	hit := false
	remove := func() Error {
		err := w.ask("DELETE")
		if err == NoError {
			_, hit = w.Rows[at]
			delete(w.Rows, at)
		}
		return err
	}
	return w.settle(func() Error { return w.single(remove) }, func() Error {
		return w.transact(func() Error {
			err := remove()
			if err == NoError && !hit && w.Confirms {
				return w.ask("SELECT")
			}
			return err
		})
	})
}
