package suite

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A peer is a web server with sessions in a process of its own, over a pool of its own.
type peer struct {
	t       *testing.T
	url     string
	stdin   io.WriteCloser
	stdout  *bufio.Reader
	stderr  bytes.Buffer
	process *exec.Cmd
}

func (on ground) startPeer(t *testing.T, d *dbtest.DB, environment ...string) *peer {
	t.Helper()
	p := &peer{t: t}
	p.process, p.stdin, p.stdout = startProcess(t, "serve", &p.stderr, append(environment,
		kindVariable+"="+string(d.Kind()), dsnVariable+"="+d.DSN())...)
	t.Cleanup(func() { p.end(t) })
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		t.Fatalf("a server process did not start: %v", err)
	}
	p.url = strings.TrimSpace(line)
	return p
}

// end ends the process. Whatever it said on standard error is an error of the test.
func (p *peer) end(t *testing.T) {
	p.stdin.Close()
	_, err := io.Copy(io.Discard, p.stdout)
	if err := errors.Join(err, p.process.Wait()); err != nil || p.stderr.Len() > 0 {
		t.Errorf("a server process ended with %v:\n%.2000s", err, &p.stderr)
	}
}

// serve is the process of a peer. It prints its address, then serves the deeds until its standard
// input ends.
func (on ground) serve() error {
	db, err := dbtest.OpenDSN(dbtest.Kind(os.Getenv(kindVariable)), os.Getenv(dsnVariable))
	if err != nil {
		return err
	}
	var ahead atomic.Int64 // of the real time, in nanoseconds
	var deedsDone atomic.Int64
	log := slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})
	counted := &countingCodec{Codec: gormsession.JSON}
	limit := gormsession.WithOptions()
	if n, err := strconv.Atoi(os.Getenv(limitVariable)); err == nil {
		limit = gormsession.WithUserLimitRefusing(n)
	}
	plugin, err := gormsession.New(db, limit,
		gormsession.WithClock(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }),
		gormsession.WithLogger(slog.New(log)),
		gormsession.WithCodec(counted),
		gormsession.WithCleanup(0))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /advance", func(w http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.URL.Query().Get("by"))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		ahead.Add(int64(d))
	})
	// Each deed reads the row of its session once, and a save that has met another one does again.
	mux.HandleFunc("POST /replays", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, counted.read.Load()-deedsDone.Load())
	})
	mux.Handle("POST /do/", on.adapter.Mount(Application{
		Plugin: plugin,
		Told:   func([]error) {},
		Page: func(c *Call) {
			s := c.Session()
			if c.Query("slow") != "" {
				_ = s.Load() // the response tells
				// The body begins once the client was told to go on, which this read does, and
				// ends when the client lets us go on.
				_, _ = io.Copy(io.Discard, c.Request.Body)
			}
			deeds[path.Base(c.Request.URL.Path)](c, s)
			deedsDone.Add(1)
		},
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux}
	go server.Serve(l)
	fmt.Printf("http://%s\n", l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return server.Shutdown(context.Background())
}

// A countingCodec counts the rows that are read.
type countingCodec struct {
	gormsession.Codec
	read atomic.Int64
}

func (c *countingCodec) Decode(key, text string) (map[string]json.RawMessage, error) {
	c.read.Add(1)
	return c.Codec.Decode(key, text)
}

// An answer is what a peer said.
type answer struct {
	status int
	body   string
	cookie string // the session's, "" if it was deleted or not set
	told   bool   // a Set-Cookie for the session was there
}

// peerClient keeps a connection for each of many clients, and holds a body back until the server
// asks for it.
var peerClient = &http.Client{
	Transport: &http.Transport{MaxIdleConnsPerHost: 128, ExpectContinueTimeout: time.Hour},
}

// do has the peer do a deed to the session with that key.
func (p *peer) do(key, deed string) answer {
	p.t.Helper()
	return p.post("/do/"+deed, key, http.NoBody)
}

// advance moves the peer's clock.
func (p *peer) advance(d time.Duration) {
	p.t.Helper()
	p.post("/advance?by="+d.String(), "", http.NoBody)
}

// replays is how many saves of the peer have met another one so far, as long as each
// request brings the key of a session, and uses it.
func (p *peer) replays() int {
	p.t.Helper()
	n, err := strconv.Atoi(p.post("/replays", "", http.NoBody).body)
	if err != nil {
		p.t.Error(err)
	}
	return n
}

func (p *peer) post(path, key string, body io.Reader) answer {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodPost, p.url+path, body)
	if err != nil {
		p.t.Error(err)
		return answer{}
	}
	if key != "" {
		r.Header.Set("Cookie", "session="+key)
	}
	if body != http.NoBody {
		r.Header.Set("Expect", "100-continue")
	}
	response, err := peerClient.Do(r)
	if err != nil {
		p.t.Error(err)
		return answer{}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Errorf("%s: %v", path, err)
	}
	a := answer{status: response.StatusCode, body: string(text)}
	for _, c := range response.Cookies() {
		if c.Name == "session" {
			a.cookie, a.told = c.Value, true
		}
	}
	return a
}

// A slowRequest has loaded its session and waits until it may do its deed.
type slowRequest struct {
	loaded chan struct{}
	goOn   chan struct{}
	done   chan answer
}

// Read implements the body, which tells that the server has loaded the session and keeps it
// waiting.
func (r *slowRequest) Read([]byte) (int, error) {
	close(r.loaded)
	<-r.goOn
	return 0, io.EOF
}

// begin starts a request that loads its session and returns when it has.
func (p *peer) begin(key, deed string) *slowRequest {
	p.t.Helper()
	r := &slowRequest{
		loaded: make(chan struct{}), goOn: make(chan struct{}), done: make(chan answer, 1),
	}
	go func() { r.done <- p.post("/do/"+deed+"?slow=1", key, r) }()
	select {
	case <-r.loaded:
	case a := <-r.done:
		p.t.Fatalf("%s did not wait: %d %s", deed, a.status, a.body)
	}
	return r
}

// release lets requests do their deeds at once and returns the answers.
func release(requests ...*slowRequest) []answer {
	for _, r := range requests {
		close(r.goOn)
	}
	answers := make([]answer, len(requests))
	for i, r := range requests {
		answers[i] = <-r.done
	}
	return answers
}
