package gormsession_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/plainmodel"
)

// An act is a call of a handler's, by the session and by the model. What it returns is compared.
type act struct {
	name  string
	real  func(s *gormsession.State) string
	model func(s *plainmodel.Session) string
}

// quiet is an act that returns nothing.
func quiet(name string, real func(*gormsession.State), model func(*plainmodel.Session)) act {
	return act{
		name, func(s *gormsession.State) string { real(s); return "" },
		func(s *plainmodel.Session) string { model(s); return "" },
	}
}

// textOf is a value as JSON, "" for none.
func textOf(v any) string {
	if v == nil {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// errorName is an error by the model's names.
func errorName(err error) string {
	if err == nil {
		return ""
	}
	return string(errorNamed(err.Error()))
}

// errorNamed knows an error by what the library calls it.
func errorNamed(text string) plainmodel.Error {
	for _, e := range []struct {
		err  error
		name plainmodel.Error
	}{
		{gormsession.ErrOutcomeUnknown, plainmodel.OutcomeUnknown},
		{gormsession.ErrUnavailable, plainmodel.Unavailable},
		{gormsession.ErrInterrupted, plainmodel.Interrupted},
		{gormsession.ErrEncode, plainmodel.Encode},
		{gormsession.ErrReserved, plainmodel.Reserved},
		{gormsession.ErrHeaderSent, plainmodel.HeaderSent},
	} {
		if strings.HasPrefix(text, e.err.Error()) {
			return e.name
		}
	}
	if strings.Contains(text, "changes were discarded") {
		return plainmodel.WasDiscarded
	}
	return plainmodel.Error(text)
}

// aDay is an instant that SetExpiryAt lets a session end at.
var aDay = epoch.Add(24 * time.Hour).Truncate(time.Second)

var acts = []act{
	{"Get a", func(s *gormsession.State) string { return textOf(s.Get("a")) },
		func(s *plainmodel.Session) string { return s.Get("a") }},
	{"Has b", func(s *gormsession.State) string { return fmt.Sprint(s.Has("b")) },
		func(s *plainmodel.Session) string { return fmt.Sprint(s.Get("b") != "") }},
	{"Keys", func(s *gormsession.State) string { return fmt.Sprint(s.Keys()) },
		func(s *plainmodel.Session) string { return fmt.Sprint(s.Keys()) }},
	quiet("Set a to 0", func(s *gormsession.State) { s.Set("a", 0) },
		func(s *plainmodel.Session) { s.Set("a", "0") }),
	quiet("Set a to 1", func(s *gormsession.State) { s.Set("a", 1) },
		func(s *plainmodel.Session) { s.Set("a", "1") }),
	quiet("Set b to x", func(s *gormsession.State) { s.Set("b", "x") },
		func(s *plainmodel.Session) { s.Set("b", `"x"`) }),
	quiet("SetAll of nothing", func(s *gormsession.State) { s.SetAll(nil) },
		func(s *plainmodel.Session) { s.SetNothing() }),
	{"GetOrSet c", func(s *gormsession.State) string { return textOf(s.GetOrSet("c", 7)) },
		func(s *plainmodel.Session) string { return s.GetOrSet("c", "7") }},
	{"Pop a", func(s *gormsession.State) string { v, _ := s.Pop("a"); return textOf(v) },
		func(s *plainmodel.Session) string { return s.Pop("a") }},
	{"Delete b", func(s *gormsession.State) string { return fmt.Sprint(s.Delete("b")) },
		func(s *plainmodel.Session) string { return fmt.Sprint(s.Pop("b") != "") }},
	quiet("Clear", (*gormsession.State).Clear, (*plainmodel.Session).Clear),
	{"Modify n", func(s *gormsession.State) string { return oneMore(s, "n") },
		func(s *plainmodel.Session) string { return s.Increment("n") }},
	{"Modify a", func(s *gormsession.State) string { return oneMore(s, "a") },
		func(s *plainmodel.Session) string { return s.Increment("a") }},
	{"Modify b", func(s *gormsession.State) string { return oneMore(s, "b") },
		func(s *plainmodel.Session) string { return s.Increment("b") }},
	quiet("Flash m", func(s *gormsession.State) { s.Flash("m") },
		func(s *plainmodel.Session) { s.Flash(`"m"`) }),
	{"Flashes", func(s *gormsession.State) string {
		return strings.Trim(textOf(s.Flashes()), "[]nul")
	}, func(s *plainmodel.Session) string { return s.Flashes() }},
	quiet("Touch", (*gormsession.State).Touch, (*plainmodel.Session).Touch),
	quiet("Touch again", (*gormsession.State).Touch, (*plainmodel.Session).Touch),
	quiet("CycleKey", (*gormsession.State).CycleKey, (*plainmodel.Session).CycleKey),
	quiet("CycleKey at login", (*gormsession.State).CycleKey, (*plainmodel.Session).CycleKey),
	quiet("Flush", (*gormsession.State).Flush, (*plainmodel.Session).Flush),
	quiet("Flush at logout", (*gormsession.State).Flush, (*plainmodel.Session).Flush),
	quiet("Discard", (*gormsession.State).Discard, (*plainmodel.Session).Discard),
	{"Save", func(s *gormsession.State) string { return errorName(s.Save()) },
		func(s *plainmodel.Session) string { return string(s.Save()) }},
	{"Save now", func(s *gormsession.State) string { return errorName(s.Save()) },
		func(s *plainmodel.Session) string { return string(s.Save()) }},
	quiet("SetExpiry to the past", func(s *gormsession.State) { s.SetExpiry(-time.Minute) },
		func(s *plainmodel.Session) { s.SetExpiry(-time.Minute) }),
	quiet("SetExpiry to an hour", func(s *gormsession.State) { s.SetExpiry(time.Hour) },
		func(s *plainmodel.Session) { s.SetExpiry(time.Hour) }),
	quiet("SetExpiry to 300 days", func(s *gormsession.State) { s.SetExpiry(7200 * time.Hour) },
		func(s *plainmodel.Session) { s.SetExpiry(7200 * time.Hour) }),
	quiet("SetExpiryAt", func(s *gormsession.State) { s.SetExpiryAt(aDay) },
		func(s *plainmodel.Session) { s.SetExpiryAt(aDay) }),
	quiet("SetBrowserSession", (*gormsession.State).SetBrowserSession,
		func(s *plainmodel.Session) { s.SetExpiry(0) }),
	quiet("ResetExpiry", (*gormsession.State).ResetExpiry, (*plainmodel.Session).ResetExpiry),
	{"IsEmpty, IsNew", func(s *gormsession.State) string { return fmt.Sprint(s.IsEmpty(), s.IsNew()) },
		func(s *plainmodel.Session) string { return fmt.Sprint(s.IsEmpty(), s.IsNew()) }},
	{"Load", func(s *gormsession.State) string { return errorName(s.Load()) },
		func(s *plainmodel.Session) string { return string(s.Load()) }},
	{"Accessed, Modified, Err", func(s *gormsession.State) string {
		return fmt.Sprint(s.Accessed(), s.Modified(), errorName(s.Err()))
	}, func(s *plainmodel.Session) string {
		return fmt.Sprint(s.IsRead(), s.IsModified(), s.Err())
	}},
	{"Key", nil, (*plainmodel.Session).Which}, // which the driver compares with the cookies
	quiet("Set what cannot be encoded", func(s *gormsession.State) { s.Set("d", make(chan int)) },
		func(s *plainmodel.Session) { s.Refused(plainmodel.Encode) }),
	quiet("Set a reserved name", func(s *gormsession.State) { s.Set("_flashes", 1) },
		func(s *plainmodel.Session) { s.Refused(plainmodel.Reserved) }),
}

func oneMore(s *gormsession.State, name string) string {
	f := gormsession.Field[int](name)
	return fmt.Sprint(f.Modify(s, func(n int) int { return n + 1 }))
}
