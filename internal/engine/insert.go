package engine

import (
	"context"
	"errors"
)

// Insert makes a row under a new key and returns the key and what the row holds. It sweeps
// sometimes.
func (t *Table) Insert(ctx context.Context, c Change) (key string, r Record, err error) {
	w := &Rewrite{Change: c, home: t, into: t}
	key, err = t.withNewKey(ctx, t.newKey(), func(key string) error {
		i := &inserting{Table: t, stored: t.stored(key), limit: c.Limit}
		if i.Record, err = w.record(ctx, Record{}, c.Entries, i.stored); err != nil {
			return err
		}
		r = i.Record
		err := t.untilKnown(ctx, i.save, i.afterLostAnswer)
		if t.bare && errors.Is(err, errDuplicate) {
			return i.look(ctx)
		}
		return err
	})
	if err == nil && within(ctx) == nil { // else the sweep would wait for the application
		t.sweepSometimes()
	}
	return key, r, err
}

// inserting is one insert on its way through its tries.
type inserting struct {
	*Table
	Record
	stored   rowKey
	limit    *Limit
	answered bool // the INSERT was: the key was free
}

func (i *inserting) create(on line) error {
	err := i.Table.create(on, i.stored, i.Record)
	i.answered = i.answered || err == nil
	if err == nil {
		err = i.limit.admit(on, i.Table, i.stored)
	}
	return err
}

func (i *inserting) save(ctx context.Context) error {
	if i.limit != nil {
		return i.limit.transact(ctx, i.Table, i.create)
	}
	return i.single(ctx, i.create)
}

// afterLostAnswer follows an uncertain end: a row of that key is ours, unless the key may have been
// taken.
func (i *inserting) afterLostAnswer(ctx context.Context) error {
	free := i.answered
	if err := i.limit.transact(ctx, i.Table, i.create); !errors.Is(err, errDuplicate) {
		return err
	}
	return i.transact(ctx, func(on line) error {
		there, same, err := i.holds(on, i.stored, i.Data)
		switch {
		case err != nil:
			return err
		case !there:
			return errSlipped
		case !same && !free:
			return errDuplicate
		}
		return nil // also where a hook or a trigger has made another text of it
	})
}

// look follows a duplicate of an INSERT that went bare: the driver may have sent it twice, and
// tell of the second time.
func (i *inserting) look(ctx context.Context) error {
	err := i.retry(ctx, func(ctx context.Context) error {
		return harmless(i.transact(ctx, func(on line) error {
			if _, same, err := i.holds(on, i.stored, i.Data); err != nil || same {
				return err
			}
			return errDuplicate
		}))
	})
	if err == nil || errors.Is(err, errDuplicate) {
		return err
	}
	return &failure{sentinel: ErrOutcomeUnknown, cause: err}
}

// withNewKey runs op with a key, and with another one while that is taken.
func (t *Table) withNewKey(
	ctx context.Context, key string, op func(key string) error,
) (string, error) {
	for range 10 {
		err := op(key)
		switch {
		case err == nil:
			return key, nil
		case !errors.Is(err, errDuplicate):
			return key, t.fault(err, t.stored(key))
		}
		// It may be another unique column, of the application's, that is taken.
		taken, lookErr := t.exists(ctx, key)
		if lookErr != nil {
			return "", lookErr
		}
		if !taken {
			return "", t.fault(err, t.stored(key))
		}
		key = t.newKey()
	}
	return "", errNoFreeKey
}
