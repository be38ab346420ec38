package engine

import (
	"context"
	"errors"
	"fmt"
)

// Recoded says what Recode did with the live rows of a table.
type Recoded struct {
	Rows       int // have been written anew
	Unreadable int // stay as they are
}

// Recode writes the data of each live row anew whose text is due, as it is at that moment, while
// requests go on. tell is called after each batch. Nothing is lost where it ends early, and another
// call goes on with what is left.
func (t *Table) Recode(
	ctx context.Context, due func(text string) bool, tell func(Recoded),
) (done Recoded, err error) {
	for last := rowKey(""); ; {
		rows, err := t.batch(ctx, last)
		for _, r := range rows {
			if err = ctx.Err(); err == nil && due(r.Data) {
				err = t.recodeRow(ctx, r, due, &done)
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

// recodeRow writes the data of one row anew and counts it.
func (t *Table) recodeRow(
	ctx context.Context, r storedRow, due func(text string) bool, done *Recoded,
) error {
	if _, err := t.recoded(r.key, r.Data); err != nil {
		done.Unreadable++
		return nil
	}
	written := false
	swap := func(on line, data string) error {
		text, err := t.recoded(r.key, data)
		if err != nil {
			return err
		}
		n, err := t.written(t.still(t.rows(on).Where("session_key = ?", string(r.key)),
			guard{data: data}).UpdateColumn("session_data", text))
		written = err == nil && n > 0
		return err
	}
	save := func(ctx context.Context) error {
		return t.transact(ctx, func(on line) error {
			if err := swap(on, r.Data); err != nil || written {
				return err
			}
			current, found, err := t.lockAny(on, r.key)
			if err != nil || !found || !due(current.Data) { // it has been saved, or has gone
				return err
			}
			if err = swap(on, current.Data); err == nil && !written {
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
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrEncode):
		done.Unreadable++
	case err != nil:
		return t.fault(err, r.key)
	}
	return nil
}

// recoded is the text that a save of what another text says would make now.
func (t *Table) recoded(key rowKey, data string) (string, error) {
	entries, err := t.decode(key, data)
	if err != nil {
		return "", unread(err)
	}
	return t.encode(key, entries, newNonce())
}
