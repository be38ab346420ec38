package recipes

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

// A stream of events goes on as long as its user is logged in, and ends at the check after that,
// whatever other streams there are.
func TestFeed(t *testing.T) {
	plugin := sessions(t)
	news, checks := map[string]chan string{}, []chan time.Time{} // of each user, of each stream
	for _, user := range []string{"42", "43", "44"} {
		news[user] = make(chan string, 1)
		news[user] <- "tea"
	}
	begin := func() <-chan time.Time {
		checks = append(checks, make(chan time.Time))
		return checks[len(checks)-1]
	}
	subscribe := func(_ context.Context, user string) <-chan string { return news[user] }
	visitor := site(t, plugin, func(r *gin.Engine) {
		known(r).GET("/feed", feed(plugin, begin, subscribe))
		r.GET("/login/feed", func(c *gin.Context) { ginsession.Get(c).LogIn(44) },
			feed(plugin, begin, subscribe))
	})
	want(t, get(t, visitor, "/feed"), "401 please log in")
	open := func(client *sessiontest.Client, page string) *bufio.Reader {
		response := must(client.Get(client.URL + page))(t)
		t.Cleanup(func() { response.Body.Close() })
		want(t, response.Header.Get("Content-Type"), "text/event-stream;charset=utf-8")
		return bufio.NewReader(response.Body)
	}
	event := func(events *bufio.Reader) string {
		name := must(events.ReadString('\n'))(t)
		data := must(events.ReadString('\n'))(t)
		must(events.ReadString('\n'))(t)
		return name + data
	}
	ann, bob := visitor.Another().LogIn(42), visitor.Another().LogIn(43)
	anns := open(ann, "/feed")
	bobs := open(bob, "/feed")
	carls := open(visitor.Another(), "/login/feed")
	for _, events := range []*bufio.Reader{anns, bobs, carls} {
		want(t, event(events), "event:news\ndata:tea\n")
	}
	if len(checks) != 3 {
		t.Fatal("the streams share a check, which reaches one of them")
	}
	post(t, ann, "/logout")
	for _, check := range checks {
		check <- time.Time{}
	}
	if rest, err := io.ReadAll(anns); err != nil || len(rest) > 0 {
		t.Errorf("after the logout: %q, %v", rest, err)
	}
	news["43"] <- "cups"
	news["44"] <- "cups"
	want(t, event(bobs), "event:news\ndata:cups\n")
	want(t, event(carls), "event:news\ndata:cups\n")
}

// A websocket keeps what it changes in the session, with what requests change meanwhile, and ends
// with the session; pages of other origins, and strangers, get none. Without the guard what a
// stranger says makes no session either.
func TestWebsocketOfASession(t *testing.T) {
	plugin := sessions(t)
	ann := site(t, plugin, func(r *gin.Engine) {
		known(r).GET("/chat", chat(plugin))
		r.GET("/open", chat(plugin))
		r.GET("/begin", func(c *gin.Context) { ginsession.Get(c).Set("cart", "milk") }, chat(plugin))
	})
	page, browser := "/open", ann.Another()
	dial := func(header http.Header) (*websocket.Conn, int) {
		t.Helper()
		conn, response, err := websocket.Dial(t.Context(), ann.URL+page,
			&websocket.DialOptions{HTTPClient: browser.Client, HTTPHeader: header})
		if err != nil && response == nil {
			t.Fatal(err)
		}
		return conn, response.StatusCode
	}
	hangsUp := func(conn *websocket.Conn, when string) {
		t.Helper()
		if err := conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		_, _, err := conn.Read(t.Context())
		if websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
			t.Errorf("%s: %v", when, err)
		}
	}
	stranger, _ := dial(nil)
	defer stranger.CloseNow()
	hangsUp(stranger, "a stranger")
	if n, err := plugin.CountLive(t.Context()); n != 0 || err != nil {
		t.Errorf("a stranger has made %d sessions, %v", n, err)
	}
	page = "/begin"
	visitor, _ := dial(nil)
	defer visitor.CloseNow()
	if err := visitor.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := visitor.Read(t.Context()); string(text) != "message 1" {
		t.Errorf("a session that begins with the handshake: %q, %v", text, err)
	}
	page, browser = "/chat", ann
	if _, status := dial(nil); status != http.StatusUnauthorized {
		t.Errorf("a stranger gets %d", status)
	}
	ann.LogIn(42)
	if _, status := dial(http.Header{"Origin": {"https://evil.example"}}); status != 403 {
		t.Errorf("a page of another origin gets %d", status)
	}
	conn, status := dial(nil)
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("the handshake ends in %d", status)
	}
	defer conn.CloseNow()
	for _, reply := range []string{"message 1", "message 2"} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		_, text, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want(t, string(text), reply)
		ann.With(map[string]any{"cart": "tea"})
	}
	if e := ann.Entries(); e["said"] != int64(2) || e["cart"] != "tea" {
		t.Errorf("the session holds %v", e)
	}
	post(t, ann, "/logout")
	hangsUp(conn, "after the logout")
	if e := ann.Entries(); e != nil {
		t.Errorf("after the logout there is a session of %v", e)
	}
}

// Uploads at once are all noted; one that is too long, a stranger's, or of a session that ends
// meanwhile leaves no file.
func TestUpload(t *testing.T) {
	dir, begun := t.TempDir(), make(chan bool)
	var together sync.WaitGroup
	together.Add(5)
	ann := site(t, sessions(t), func(r *gin.Engine) {
		known(r).POST("/upload", upload(dir))
		known(r).POST("/upload/together", func(*gin.Context) {
			together.Done()
			together.Wait() // for the others, which have all loaded the session by then
		}, upload(dir))
		known(r).POST("/upload/slow", func(*gin.Context) { close(begun) }, upload(dir))
	})
	sendTo := func(path string, body io.Reader) string {
		t.Helper()
		return answer(t, must(ann.Post(ann.URL+path, "text/plain", body))(t))
	}
	send := func(body io.Reader) string {
		t.Helper()
		return sendTo("/upload", body)
	}
	files := func(n int) {
		t.Helper()
		if there := must(os.ReadDir(dir))(t); len(there) != n {
			t.Errorf("there are %d files, not %d", len(there), n)
		}
	}
	want(t, send(strings.NewReader("hello")), "401 please log in")
	files(0)
	ann.LogIn(42)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			got := sendTo("/upload/together", strings.NewReader("hello"))
			if !strings.HasPrefix(got, "201 ") {
				t.Errorf("an upload ends in %s", got)
			}
		})
	}
	wg.Wait()
	if noted, _ := ann.Entries()["uploads"].([]any); len(noted) != 5 {
		t.Errorf("the session notes %v", noted)
	}
	want(t, send(bytes.NewReader(make([]byte, 10<<20+1))), "413 ")
	files(5)

	body, half := io.Pipe()
	go func() {
		_, _ = io.WriteString(half, "hel")
		<-begun
		if response, err := ann.Post(ann.URL+"/logout", "", nil); err != nil {
			t.Error(err)
		} else {
			response.Body.Close()
		}
		_, _ = io.WriteString(half, "lo")
		half.Close()
	}()
	want(t, sendTo("/upload/slow", body), "503 ")
	files(5)
}
