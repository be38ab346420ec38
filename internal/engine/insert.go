package engine

import (
	"context"
	"errors"
)

// Insert makes a row under a new key and returns the key and what the row holds. It sweeps
// sometimes.
func (t *Table) Insert(ctx context.Context, c Change) (key string, r Record, err error) {
	i := &inserting{Table: t, rewrite: &Rewrite{Change: c, home: t, into: t}}
	_, err = t.withNewKey(ctx, t.newKey(), func(key string) error {
		if err := i.take(ctx, key); err != nil {
			return err
		}
		err := t.untilKnown(ctx, i.save, i.afterLostAnswer)
		if i.loose && errors.Is(err, errDuplicate) {
			return i.look(ctx)
		}
		return err
	})
	if err == nil && within(ctx) == nil { // else the sweep would wait for the application
		t.sweepSometimes()
	}
	return i.key, i.Record, err
}

// inserting is one insert on its way through its tries.
type inserting struct {
	*Table
	Record
	rewrite  *Rewrite
	key      string
	stored   rowKey
	loose    bool // the INSERT went without a transaction: it may arrive whenever it likes
	answered bool // the INSERT was: the key was free
}

// take makes the row anew, for a key.
func (i *inserting) take(ctx context.Context, key string) (err error) {
	i.loose, i.answered = false, false
	i.key, i.stored = key, i.Table.stored(key)
	i.Record, err = i.rewrite.record(ctx, Record{}, i.rewrite.Entries, i.stored)
	return err
}

func (i *inserting) create(on line) error {
	err := i.Table.create(on, i.stored, i.Record)
	i.answered = i.answered || err == nil
	if err == nil {
		err = i.rewrite.Limit.admit(on, i.Table, i.stored)
	}
	return err
}

func (i *inserting) save(ctx context.Context) error {
	if limit := i.rewrite.Limit; limit != nil {
		return limit.transact(ctx, i.Table, i.create)
	}
	i.loose = i.goesBare(ctx)
	return i.single(ctx, i.create)
}

// afterLostAnswer follows an uncertain end: a row of that key is ours, unless the key may have been
// taken. Where there is none, an INSERT without a transaction may yet arrive, after a logout even:
// the session takes another key, so that what arrives is a row that nobody knows of.
func (i *inserting) afterLostAnswer(ctx context.Context) error {
	if i.loose {
		if there, ours, err := i.arrived(ctx); err != nil || ours {
			return err
		} else if there {
			return errDuplicate
		}
		if err := i.take(ctx, i.newKey()); err != nil {
			return err
		}
	}
	free := i.answered
	if err := i.rewrite.Limit.transact(ctx, i.Table, i.create); !errors.Is(err, errDuplicate) {
		return err
	}
	switch there, ours, err := i.arrived(ctx); {
	case err != nil:
		return err
	case !there:
		return errSlipped
	case !ours && !free:
		return errDuplicate
	}
	return nil // also where a hook or a trigger has made another text of it
}

// arrived tells whether there is a row of that key, and whether it is this one.
func (i *inserting) arrived(ctx context.Context) (there, ours bool, err error) {
	err = i.transact(ctx, func(on line) (err error) {
		there, ours, err = i.holds(on, i.stored, i.Data)
		return err
	})
	return there, ours, err
}

// look follows a duplicate of an INSERT that went bare: the driver may have sent it twice, and
// tell of the second time.
func (i *inserting) look(ctx context.Context) error {
	err := i.retry(ctx, func(ctx context.Context) error {
		_, ours, err := i.arrived(ctx)
		if err == nil && !ours {
			err = errDuplicate
		}
		return harmless(err)
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
		// It may be another unique column, of the application's, that is taken. In a transaction of
		// the application's, which that has ended, PostgreSQL does not tell.
		switch taken, lookErr := t.exists(ctx, key); {
		case lookErr != nil && within(ctx) == nil:
			return "", lookErr
		case !taken:
			return "", t.fault(err, t.stored(key))
		}
		key = t.newKey()
	}
	return "", errNoFreeKey
}
