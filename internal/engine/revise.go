package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
)

// Revised says what Revise did with the live rows of a table.
type Revised struct {
	Rows       int // have been written anew
	Skipped    int // stay as they are, by ErrUnfit
	Unreadable int // stay as they are, too
}

// A Revision is what a row is to hold instead: these entries, and these values in other columns.
type Revision struct {
	Entries map[string]json.RawMessage
	Columns map[string]any
}

// A Reviser says what a row is to hold instead of a text, which decode decodes: nil where nothing
// is to be done, and ErrUnfit where nothing can be.
type Reviser func(
	text string, decode func() (map[string]json.RawMessage, error),
) (*Revision, error)

// ErrUnfit is a [Reviser]'s error of a row that is to be passed over, and counted.
var ErrUnfit = errors.New("nothing can be done to the row")

// Revise writes each live row anew that is to hold something else, as it is at that moment, while
// requests go on: a compare-and-set, as each save is. Its key and its end stay. tell is called
// after each batch. Nothing is lost where it ends early, and another call goes on with what is
// left.
func (t *Table) Revise(
	ctx context.Context, revise Reviser, tell func(Revised),
) (done Revised, err error) {
	for last := rowKey(""); ; {
		rows, err := t.batch(ctx, last)
		for _, r := range rows {
			if err = ctx.Err(); err == nil {
				err = t.reviseRow(ctx, r, revise, &done)
			}
			if err != nil {
				break
			}
			last = r.key
		}
		if err != nil {
			return done, noting(err, fmt.Sprintf(
				"%d rows were written before, and another call goes on with what is left", done.Rows))
		}
		if tell(done); len(rows) < moveBatch {
			return done, nil
		}
	}
}

// Rehearse says what Revise would do with the rows as they are, and writes none.
func (t *Table) Rehearse(ctx context.Context, revise Reviser) (would Revised, err error) {
	for last := rowKey(""); ; {
		rows, err := t.batch(ctx, last)
		if err != nil {
			return would, err
		}
		for _, r := range rows {
			last = r.key
			switch columns, err := t.revised(r.key, r.Data, revise); {
			case errors.Is(err, ErrUnfit):
				would.Skipped++
			case err != nil:
				would.Unreadable++
			case columns != nil:
				would.Rows++
			}
		}
		if len(rows) < moveBatch {
			return would, ctx.Err()
		}
	}
}

// reviseRow writes one row anew and counts it.
func (t *Table) reviseRow(
	ctx context.Context, r storedRow, revise Reviser, done *Revised,
) error {
	columns, err := t.revised(r.key, r.Data, revise)
	switch {
	case errors.Is(err, ErrUnfit):
		done.Skipped++
		return nil
	case err != nil: // also where a key of the codec's is missing
		done.Unreadable++
		return nil
	case columns == nil:
		return nil
	}
	written := false
	swap := func(on line, data string, columns map[string]any) error {
		n, err := t.written(t.still(t.rows(on).Where("session_key = ?", string(r.key)),
			guard{data: data}).UpdateColumns(columns))
		written = err == nil && n > 0
		return err
	}
	save := func(ctx context.Context) error {
		return t.transact(ctx, func(on line) error {
			if err := swap(on, r.Data, columns); err != nil || written {
				return err
			}
			current, found, err := t.lockAny(on, r.key)
			if err != nil || !found { // it has gone
				return err
			}
			columns, err := t.revised(r.key, current.Data, revise)
			if err != nil || columns == nil { // it has been saved
				return err
			}
			if err = swap(on, current.Data, columns); err == nil && !written {
				return errSlipped
			}
			return err
		})
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.timeout)
	defer cancel()
	switch err := t.untilKnown(ctx, save, save); {
	case err == nil && written:
		done.Rows++
	case errors.Is(err, ErrUnfit):
		done.Skipped++
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrEncode):
		done.Unreadable++
	case err != nil:
		return t.fault(err, r.key)
	}
	return nil
}

// revised are the columns of a row that are to hold something else, nil where none is.
func (t *Table) revised(key rowKey, data string, revise Reviser) (map[string]any, error) {
	revision, err := revise(data, func() (map[string]json.RawMessage, error) {
		entries, err := t.decode(key, data)
		if err != nil {
			err = unread(err)
		}
		return entries, err
	})
	if revision == nil || err != nil {
		return nil, err
	}
	text, err := t.encode(key, revision.Entries, newNonce())
	columns := map[string]any{"session_data": text}
	maps.Copy(columns, revision.Columns)
	return columns, err
}
