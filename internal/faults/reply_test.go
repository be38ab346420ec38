package faults

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/history"
)

// web is how clients ask. Each case has many, so their connections are kept.
var web = &http.Client{
	Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	Timeout:   30 * time.Second,
}

// patient is for what is no page of a session: to clear many rows under traffic takes its time.
var patient = &http.Client{Timeout: 10 * time.Minute}

// A reply is what a client is told, and by what.
type reply struct {
	history.Answer
	status int
	told   bool // a cookie, or that there is none any more
	err    error
}

// ask asks a node for a page of the session of a key, which may be empty.
func (n *node) ask(path, key string, args ...string) reply {
	return n.askIn(context.Background(), path, key, args...)
}

func (n *node) askIn(ctx context.Context, path, key string, args ...string) reply {
	query := url.Values{}
	for i := 0; i+1 < len(args); i += 2 {
		query.Set(args[i], args[i+1])
	}
	// Not by GET, which net/http's client may send a second time by itself.
	target := n.running() + path + "?" + query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, nil)
	if err != nil {
		n.t.Error(err)
		return reply{err: err}
	}
	if key != "" {
		r.Header.Set("Cookie", "session="+key)
	}
	response, err := web.Do(r)
	if err != nil {
		return lostReply(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return lostReply(err)
	}
	got := reply{status: response.StatusCode}
	got.Outcome = application.Outcome(response.Header.Get(application.OutcomeField))
	for _, c := range response.Cookies() {
		got.Key, got.told = c.Value, true
	}
	if got.Outcome == application.Done {
		if err := json.Unmarshal(body, &got.Page); err != nil {
			n.t.Errorf("%s shows %q", path, body)
		}
	}
	return got
}

// lostReply is that of a connection which gave no answer.
func lostReply(err error) reply {
	got := reply{err: err}
	got.Outcome = application.Unknown
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		got.Outcome = application.Unavailable
	}
	return got
}

// perform asks for a call of a history.
func (n *node) perform(c history.Call) reply {
	args := []string{"x", c.Arg, "token", c.Arg, "user", "ann"}
	if c.Do == "increment" {
		args = append(args, "save", "1")
	}
	return n.ask("/"+c.Do, c.Key, args...)
}

// ready returns once the node has its database.
func (n *node) ready() { n.get("/ready", nil) }

// status is what the process has open.
func (n *node) status() (s application.Status) {
	n.t.Helper()
	n.get("/status", &s)
	return s
}

// get asks for something that is no page of a session.
func (n *node) get(path string, into any) {
	n.t.Helper()
	response, err := patient.Get(n.running() + path)
	if err != nil {
		n.t.Error(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		n.t.Errorf("%s: %d %s, %v", path, response.StatusCode, body, err)
		return
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			n.t.Errorf("%s: %s, %v", path, body, err)
		}
	}
}
