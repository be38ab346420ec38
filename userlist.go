package gormsession

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// A UserLogin is a live session of a user's, as [Plugin.Sessions] lists it.
type UserLogin struct {
	Handle   string    // names it for [Plugin.End], and opens nothing; it stays until the next login
	Created  time.Time // when the user has logged in
	LastSeen time.Time // see [UserSession]
	Expires  time.Time
	Address  string // as [State.LogIn] was told
	Agent    string
	Current  bool // it is the session of the request that asks
}

var errNoUsers = errors.New(
	"gormsession: rows do not say whose they are: give New the option WithUsers")

// Sessions lists the live sessions of a user, the newest first. It needs [WithUsers]. Where ctx is
// that of a request, such as c.Request.Context() with Gin, the session of the request is marked as
// the current one. userID is as for [State.LogIn].
func (p *Plugin) Sessions(ctx context.Context, userID any) ([]UserLogin, error) {
	user, err := p.userID(userID)
	if err != nil {
		return nil, err
	}
	current := ""
	if s := p.current(ctx); s != nil {
		_, current = s.whose()
	}
	ctx, cancel := context.WithTimeout(ctx, p.opts.timeout)
	defer cancel()
	var rows []engine.UserRow
	_, err = p.operate(ctx, OpList, func(ctx context.Context) (_ int64, err error) {
		rows, err = p.store.UserRows(ctx, user)
		return int64(len(rows)), err
	})
	logins := make([]UserLogin, len(rows))
	for i, r := range rows {
		logins[i] = UserLogin{
			Handle: r.PublicID, Created: r.Created, LastSeen: r.LastSeen, Expires: r.Expire,
			Address: r.Address, Agent: r.Agent, Current: r.PublicID != "" && r.PublicID == current,
		}
	}
	return logins, err
}

// End ends the session of a user that [Plugin.Sessions] has listed under that handle, and reports
// whether there was one. Another user's is left alone, whatever the handle: it may come from a
// form. The request's own ends as by [State.Flush].
func (p *Plugin) End(ctx context.Context, userID any, handle string) (bool, error) {
	user, err := p.userID(userID)
	if err != nil || handle == "" {
		return false, err
	}
	n, err := p.endUser(ctx, user, "by handle", engine.Called(handle))
	if s := p.current(ctx); s != nil && n > 0 {
		if whose, public := s.whose(); whose == user && public == handle {
			s.flushEnded(user)
		}
	}
	return n > 0, err
}

// EndAll ends all sessions of a user, as an administrator does, or the user at a change of the
// password, and returns how many there were. It misses none that gets a new key at that moment.
// Where ctx is that of a request of this very user's, its own session ends as by [State.Flush], so
// that the request can go on, and what it sets from then on is in a session of its own.
func (p *Plugin) EndAll(ctx context.Context, userID any) (int64, error) {
	user, err := p.userID(userID)
	if err != nil {
		return 0, err
	}
	own := p.current(ctx)
	if own != nil {
		if whose, _ := own.whose(); whose != user {
			own = nil
		}
	}
	n, err := p.endUser(ctx, user, "all of the user", engine.All)
	if err == nil && own != nil {
		own.flushEnded(user)
	}
	return n, err
}

// EndEverybody ends all sessions, those of visitors too, as after a breach, and returns how many
// there were. It needs no [WithUsers]. It misses none that gets a new key at that moment; one that
// begins meanwhile may go too. It deletes in batches of 1,000, each of which has the time of
// [WithTimeout]. An error ends it; what was deleted stays deleted and is counted. Where ctx is that
// of a request, its session ends as by [State.Flush].
func (p *Plugin) EndEverybody(ctx context.Context) (int64, error) {
	own := p.current(ctx)
	n, err := p.operate(context.WithoutCancel(ctx), OpEnd, p.store.ClearAll)
	p.ended(ctx, Event{Why: "everybody", Count: n})
	if err == nil && own != nil {
		own.Flush()
	}
	return n, err
}

// EndOthers ends the sessions of the user of this one but for itself, as after a change of the
// password, and returns how many there were. It misses none that gets a new key at that moment. The
// session itself may have got a new key before, or have logged in anew, in this request.
func (p *Plugin) EndOthers(ctx context.Context, s *State) (int64, error) {
	user, public := s.whose()
	if user == "" {
		return 0, fmt.Errorf("%w: EndOthers of a session in which nobody has logged in: call LogIn "+
			"before", ErrWrongKey)
	}
	if _, err := p.userID(user); err != nil {
		return 0, err
	}
	return p.endUser(ctx, user, "others of the user", engine.AllBut(s.storedKey(), public))
}

// flushEnded is Flush after the end of the sessions of a user, among which the row of this one is
// if it says so.
func (s *State) flushEnded(user string) {
	s = s.enter()
	defer s.mu.Unlock()
	if s.phase == closed || s.barred() {
		return
	}
	gone := userName(s.row.Entries[userEntry]) == user
	before := len(s.doomed)
	s.doom()
	if gone {
		s.doomed = s.doomed[:before]
	}
	s.c = s.c.Flush(len(s.doomed) > before)
	s.forget()
}

func (p *Plugin) endUser(
	ctx context.Context, user, why string, pick engine.Pick,
) (int64, error) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.opts.timeout)
	defer cancel()
	n, err := p.operate(limited, OpEnd, func(ctx context.Context) (int64, error) {
		return p.store.EndUser(ctx, user, pick)
	})
	p.ended(ctx, Event{UserID: user, Why: why, Count: n})
	return n, err
}

// limit ends the oldest sessions of a user who has just logged in, beyond those of WithUserLimit.
func (p *persisting) limit() {
	if p.p.opts.userLimit == nil {
		return
	}
	user := userName(p.entries[userEntry])
	var n int64
	err := p.operate(OpEnd, func() (_ int64, err error) {
		ctx, cancel := p.deadline()
		defer cancel()
		n, err = p.p.store.EndUser(ctx, user, p.p.store.Beyond(user, p.key, *p.p.opts.userLimit))
		return n, err
	})
	if err != nil {
		p.p.opts.log().Error("gormsession: sessions beyond the user's limit were not ended",
			"session", p.handle(), "error", engine.Detail(err))
	}
	if len(p.p.opts.events) > 0 && n > 0 {
		p.tell(Event{Kind: Ended, UserID: user, Why: "beyond the limit", Count: n})
	}
}

// loginLimit is what may refuse this save: the limit of WithUserLimitRefusing, for a login.
func (s *State) loginLimit() *engine.Limit {
	if s.p.opts.loginLimit == nil || !s.loggedIn {
		return nil
	}
	return s.p.store.Limit(userName(s.entries[userEntry]), *s.p.opts.loginLimit)
}

// noteRefusal notes that a login was refused, if that is the error: to try it once more at the end
// of the request could log in whom the handler has told that it was refused.
func (s *State) noteRefusal(err error) {
	if !errors.Is(err, ErrUserLimit) {
		return
	}
	s.fail(err)
	if len(s.p.opts.events) > 0 {
		s.tell(Event{Kind: Rejected, Handle: sessionkey.Handle(s.key),
			UserID: userName(s.entries[userEntry]), Why: "user limit", Count: 1})
	}
}

// userID is a user's identifier as the column holds it.
func (p *Plugin) userID(userID any) (string, error) {
	if !p.opts.users {
		return "", errNoUsers
	}
	raw, err := userText(userID)
	return userName(raw), err
}

// A stateKey is what a context is asked for the session of a request.
type stateKey struct{ p *Plugin }

// Asks reports whether a key of context.Context.Value asks for the request's session of this
// plugin. An adapter whose context answers it with the *State tells [Plugin.Sessions] and its like
// which session asks.
func (a Adapter) Asks(key any) bool { return key == stateKey(a) }

// current is the session of the request that a context is of, or nil.
func (p *Plugin) current(ctx context.Context) *State {
	s, _ := ctx.Value(stateKey{p}).(*State)
	return s
}

// whose is the user of the session, and the public name of the login; "" where there is none.
func (s *State) whose() (user, public string) {
	s = s.look()
	defer s.mu.Unlock()
	if !s.loadPrimary() {
		return "", ""
	}
	return userName(s.entries[userEntry]), deviceOf(s.entries).PublicID
}

// storedKey is the key of the row that the session has now, whatever it is to get.
func (s *State) storedKey() string {
	s = s.look()
	defer s.mu.Unlock()
	return s.key
}
