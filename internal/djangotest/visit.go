package djangotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// A Step is one thing that Django does during a request: its name, which views.py
// of the site lists, and its arguments.
type Step []any

// A Reply is Django's answer to a request.
type Reply struct {
	Status   int
	Header   http.Header
	Body     string
	Results  []json.RawMessage // what the steps returned; none unless the view came to its end
	Key      string            // of the session after the last step, "" where it has none
	Modified bool              // what Django's session.modified says then
}

// Result returns what the step of that number returned.
func (r Reply) Result(tb testing.TB, step int) any {
	tb.Helper()
	if step >= len(r.Results) {
		tb.Fatalf("djangotest: status %d, no result of step %d: %s", r.Status, step, r.Body)
	}
	v, err := jsontext.Value(r.Results[step])
	if err != nil {
		tb.Fatalf("djangotest: %s: %v", r.Results[step], err)
	}
	return v
}

// Do has Django carry out the steps in one request, with the cookies of client. Any
// answer will do, also a 500. Cookies know no ports, so that a client with a jar
// brings a session from Django to another server on 127.0.0.1, and back.
func (s *Site) Do(client *http.Client, steps ...Step) (Reply, error) {
	return s.DoStatus(client, http.StatusOK, steps...)
}

// DoStatus is [Site.Do] with a view that answers with another status.
func (s *Site) DoStatus(client *http.Client, status int, steps ...Step) (Reply, error) {
	body, err := json.Marshal(map[string]any{"steps": steps, "status": status})
	if err != nil {
		return Reply{}, err
	}
	res, err := client.Post(s.URL, "application/json", bytes.NewReader(body))
	if err != nil {
		return Reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return Reply{}, err
	}
	reply := Reply{Status: res.StatusCode, Header: res.Header, Body: string(text)}
	if res.Header.Get("Content-Type") != "application/json" {
		return reply, nil
	}
	return reply, reply.parse()
}

// parse reads the body. Results are JSON texts within JSON, because they may hold
// NaN, which encoding/json refuses.
func (r *Reply) parse() error {
	var state struct {
		Results  []string `json:"results"`
		Key      *string  `json:"key"`
		Modified bool     `json:"modified"`
	}
	if err := json.Unmarshal([]byte(r.Body), &state); err != nil {
		return err
	}
	for _, text := range state.Results {
		r.Results = append(r.Results, json.RawMessage(text))
	}
	if state.Key != nil {
		r.Key = *state.Key
	}
	r.Modified = state.Modified
	return nil
}

// Must is [Site.Do] for the goroutine of the test, which ends if the answer is not
// a 200.
func (s *Site) Must(tb testing.TB, client *http.Client, steps ...Step) Reply {
	tb.Helper()
	reply, err := s.Do(client, steps...)
	if err != nil {
		tb.Fatalf("djangotest: %v", err)
	}
	if reply.Status != http.StatusOK {
		tb.Fatalf("djangotest: %v: status %d\n%s", steps, reply.Status, reply.Body)
	}
	return reply
}

// Migrate makes the tables of the site, or adopts those that are there already.
func (s *Site) Migrate(tb testing.TB) {
	tb.Helper()
	s.Must(
		tb, &http.Client{},
		Step{"command", "migrate", "--fake-initial", "--run-syncdb", "--verbosity", "0"},
	)
}

// A Gate holds a request at its step "wait".
type Gate struct {
	site *Site
	name string
}

// Gate returns the gate of that name. Each opens once.
func (s *Site) Gate(name string) Gate { return Gate{s, name} }

// Wait is the step at which a request waits for the gate to open.
func (g Gate) Wait() Step { return Step{"wait", g.name} }

// Arrived returns when a request has reached the gate.
func (g Gate) Arrived(tb testing.TB) { tb.Helper(); g.control(tb, "arrived") }

// Open lets the request go on.
func (g Gate) Open(tb testing.TB) { tb.Helper(); g.control(tb, "release") }

func (g Gate) control(tb testing.TB, what string) {
	tb.Helper()
	res, err := http.Get(g.site.URL + "gate/" + url.PathEscape(g.name) + "/" + what)
	if err != nil {
		tb.Fatalf("djangotest: %v", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		tb.Fatalf("djangotest: gate %s: %s: %s", g.name, what, fmt.Sprint(res.StatusCode))
	}
}
