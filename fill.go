package gormsession

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strconv"

	"github.com/seed7368b609/gormsession/internal/engine"
)

// FilledUsers says what [Plugin.FillUsers] has done with the live rows so far.
type FilledUsers struct {
	Rows       int // say now whose they are
	Skipped    int // stay: the entry is not there, or no identifier of a user
	Unreadable int // stay: the data cannot be read
}

// FillUsers says whose the sessions are that were there before [WithUsers], and were logged in by
// an entry of the application's own, such as "user_id": that user's they are from then on for
// [State.UserID], [Plugin.Sessions], [Plugin.End] and its like. The entry holds a string or an
// integer as [State.LogIn] takes it, and stays. A row that says whose it is already is left alone,
// or gets the columns that it lacks, as after a LogIn before the option.
//
// It goes through the table in batches while requests go on. No session gets another key or another
// end, nothing that a request saves is lost, and none that has ended comes back. progress is called
// after each batch. Each row is written in a transaction of its own, in the time of [WithTimeout].
// ctx ends it between two rows, and an error of the database ends it too: another call goes on with
// what is left. So it does with a session that got a new key meanwhile, which may have passed it
// by: call it until it fills none, once every server calls LogIn. Rows of a former table are left
// alone.
//
// Nobody has proved anything by it: [State.AuthenticatedAt] is zero, so that
// [State.IsFresh] asks for the password. In the list a session was created when it was filled,
// unless it is known when it began, and was last seen at its next save. An absolute lifetime begins
// as it does for each session from before that option. [WithUserLimit] counts them at the next
// login.
func (p *Plugin) FillUsers(
	ctx context.Context, entry string, progress ...func(FilledUsers),
) (FilledUsers, error) {
	revise, err := p.filling(entry)
	if err != nil {
		return FilledUsers{}, err
	}
	done, err := p.revise(ctx, OpFill, revise, func(r engine.Revised) {
		for _, tell := range progress {
			if tell != nil {
				tell(FilledUsers(r))
			}
		}
	})
	return FilledUsers(done), err
}

// revise writes rows of the own table anew, as an operation.
func (p *Plugin) revise(
	ctx context.Context, kind OperationKind, by engine.Reviser, tell func(engine.Revised),
) (done engine.Revised, err error) {
	_, err = p.operate(ctx, kind, func(ctx context.Context) (int64, error) {
		done, err = p.store.Own.Revise(ctx, by, tell)
		return int64(done.Rows), err
	})
	return done, err
}

// filling fills a row from an entry.
func (p *Plugin) filling(entry string) (engine.Reviser, error) {
	switch err := reserved(entry); {
	case !p.opts.users:
		return nil, errNoUsers
	case entry == "":
		return nil, errors.New("gormsession: FillUsers(\"\"): name the entry that says who has " +
			"logged in")
	case err != nil:
		return nil, err
	}
	return func(
		_ string, decode func() (map[string]json.RawMessage, error),
	) (*engine.Revision, error) {
		entries, err := decode()
		if err != nil {
			return nil, err
		}
		d, known := deviceOf(entries), entries[userEntry] != nil
		if known && d.PublicID != "" {
			return nil, nil
		}
		user := entries[userEntry]
		if !known {
			if user = userOf(entries[entry]); user == nil {
				return nil, engine.ErrUnfit
			}
			d = device{Filled: true}
		}
		d.PublicID = newPublicID()
		now := p.store.Own.Now()
		entries = maps.Clone(p.opts.lives.Started(entries, now))
		entries[userEntry] = user
		entries[deviceEntry], _ = encode(deviceEntry, d) // of texts alone
		columns := userColumns(entries, now)
		delete(columns, "last_seen") // nobody has been
		return &engine.Revision{Entries: entries, Columns: columns}, nil
	}, nil
}

// userOf is who an entry of the application's says has logged in, nil if it says nobody.
func userOf(raw json.RawMessage) json.RawMessage {
	var id any
	var text string
	number := string(bytes.TrimSpace(raw))
	if json.Unmarshal(raw, &text) == nil {
		id = text
	} else if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		id = n
	} else if n, err := strconv.ParseUint(number, 10, 64); err == nil {
		id = n
	}
	user, err := userText(id)
	if err != nil {
		return nil
	}
	return user
}
