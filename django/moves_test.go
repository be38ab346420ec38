package django

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// A move is what one side may do, told in three languages.
type move struct {
	what   string
	gin    func(*gormsession.State)
	django step
	model  func() keyIs
}

// keyIs is what a step does to the key, besides that a live session has one.
type keyIs int

const (
	untouched keyIs = iota // also: nothing is saved
	kept
	renewed // for a session that there was not: made
	deleted
)

func (v *turns) move() move {
	name := []string{"a", "b", "ключ", `quo"te`, "😀"}[v.random.IntN(5)]
	value := randomJSON(v.random, 2)
	for hasConstant(value) { // which Go's JSON does not set
		value = randomJSON(v.random, 2)
	}
	raw := json.RawMessage(value)
	switch v.random.IntN(16) {
	case 0, 1, 2, 3:
		return move{"set " + name + " to " + value, func(s *gormsession.State) {
			s.Set(name, raw)
		}, step{"set_json", name, value},
			func() keyIs { return v.set(name, raw) }}
	case 4, 5:
		return move{"delete " + name, func(s *gormsession.State) { s.Delete(name) }, step{"pop", name},
			func() keyIs { return v.remove(name) }}
	case 6:
		return move{"increment", func(s *gormsession.State) {
			gormsession.Field[int]("count").Modify(s, func(n int) int { return n + 1 })
		}, step{"increment", "count"}, func() keyIs {
			var n int
			if old, ok := v.entries["count"]; ok {
				v.must(json.Unmarshal(old, &n))
			}
			return v.set("count", json.RawMessage(fmt.Sprint(n+1)))
		}}
	case 7:
		return move{"set default " + name, func(s *gormsession.State) {
			s.GetOrSet(name, 7)
		}, step{"setdefault", name, 7}, func() keyIs {
			if _, ok := v.entries[name]; ok {
				return untouched
			}
			return v.set(name, json.RawMessage("7"))
		}}
	case 8, 9:
		return v.expiry()
	case 10:
		return move{
			"cycle", (*gormsession.State).CycleKey, step{"cycle_key"}, func() keyIs { return renewed },
		}
	case 11:
		return move{"flush", (*gormsession.State).Flush, step{"flush"}, func() keyIs { return deleted }}
	case 12:
		return move{"clear", (*gormsession.State).Clear, step{"clear"}, func() keyIs {
			v.entries = nil
			if v.live {
				return kept
			}
			return untouched
		}}
	case 13:
		return move{"log out", Logout, step{"logout"}, func() keyIs { return deleted }}
	default:
		return v.login([]string{"alice", "bob"}[v.random.IntN(2)])
	}
}

func (v *turns) expiry() move {
	seconds := 100 + v.random.IntN(1e6)
	at := time.Now().Add(time.Duration(v.random.Int64N(1e15) + 1e12)).Truncate(time.Microsecond)
	text := isoformat(at, v.zone)
	form := v.random.IntN(4)
	if form == 3 && v.django.Version == djangotest.V32 { // which cannot read what it stores then
		form = 2
	}
	switch form {
	case 0:
		return move{
			"the standard expiry", (*gormsession.State).ResetExpiry, step{"set_expiry", nil},
			func() keyIs { return v.remove("_session_expiry") },
		}
	case 1:
		return move{"until the browser closes", (*gormsession.State).SetBrowserSession, step{
			"set_expiry", 0,
		},
			func() keyIs { return v.set("_session_expiry", json.RawMessage("0")) }}
	case 2:
		return move{fmt.Sprint("expire in seconds: ", seconds), func(s *gormsession.State) {
			s.SetExpiry(time.Duration(seconds) * time.Second)
		},
			step{"set_expiry", seconds}, func() keyIs {
				return v.set("_session_expiry", json.RawMessage(fmt.Sprint(seconds)))
			}}
	default:
		return move{"expire at " + text, func(s *gormsession.State) {
			s.SetExpiryAt(at)
		}, step{"set_expiry", map[string]any{"datetime": text}},
			func() keyIs { return v.set("_session_expiry", json.RawMessage(quoted(text))) }}
	}
}

// isoformat is what Python makes of an instant, which is naive where there is a zone.
func isoformat(at time.Time, zone *time.Location) string {
	layout := "2006-01-02T15:04:05"
	if at.Nanosecond() != 0 {
		layout += ".000000"
	}
	if zone != nil {
		return at.In(zone).Format(layout)
	}
	return at.UTC().Format(layout + "-07:00")
}

func (v *turns) login(name string) move {
	user := v.gin.user(name)
	return move{"log in " + name, func(s *gormsession.State) {
		if err := Login(s, user); err != nil {
			v.t.Error(err)
		}
	}, step{"login", name, "pw"}, func() keyIs {
		became := renewed
		switch id, ok := v.entries[userEntry]; {
		case ok && string(id) == quoted(user.ID):
			became = kept
		case ok:
			v.entries = nil
		}
		v.set(userEntry, json.RawMessage(quoted(user.ID)))
		v.set(backendEntry, json.RawMessage(quoted(DefaultBackend)))
		v.set(hashEntry, json.RawMessage(quoted(authHash(djangotest.SecretKey, user.Password))))
		return became
	}}
}

func (v *turns) set(name string, raw json.RawMessage) keyIs {
	if v.entries == nil {
		v.entries = map[string]json.RawMessage{}
	}
	v.entries[name] = raw
	return kept
}

func (v *turns) remove(name string) keyIs {
	if _, ok := v.entries[name]; !ok {
		return untouched
	}
	delete(v.entries, name)
	return kept
}
