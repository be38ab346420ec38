package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// endless is a body of 80 MB that counts how much of it was taken.
type endless struct {
	left  int
	taken atomic.Int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), e.left)
	if n == 0 {
		return 0, io.EOF
	}
	for i := range p[:n] {
		p[i] = 'a'
	}
	e.left -= n
	e.taken.Add(int64(n))
	return n, nil
}

// A body that is too long is refused early, on each path and with each method, also
// where nobody would read it, and nothing of it is kept.
func TestLongBodiesAreRefused(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	const most, taken = 80 << 20, 16 << 20 // what the connection's buffers take
	for _, kind := range []string{
		"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "",
	} {
		for _, path := range []string{
			"/", "/cart/add", "/cart/add/", "/cart/update", "/login", "/logout", "/account/order",
			"/assets/shop.css", "/nowhere", "//",
		} {
			for _, length := range []int64{most, -1} { // with a length, and chunked
				method := http.MethodPost
				if kind == "text/plain" {
					method = http.MethodGet
				}
				what := fmt.Sprintf("%s %s, %q, length %d", method, path, kind, length)
				body, resp, err := send(method, base+path, kind, length)
				for range 3 { // the answer may be lost with the connection, which ends
					if err != nil {
						body, resp, err = send(method, base+path, kind, length)
					}
				}
				if err != nil {
					t.Errorf("%s: %v", what, err)
					continue
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusRequestEntityTooLarge || len(resp.Cookies()) != 0 {
					t.Errorf("%s: %d, cookies %v", what, resp.StatusCode, resp.Cookies())
				}
				if n := body.taken.Load(); n > taken {
					t.Errorf("%s: %d bytes were taken", what, n)
				}
			}
		}
	}
	if n := rows(t, db); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}

// send sends a body of 80 MB.
func send(method, url, kind string, length int64) (*endless, *http.Response, error) {
	body := &endless{left: 80 << 20}
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return nil, nil, err
	}
	req.ContentLength = length
	req.Header.Set("Content-Type", kind)
	resp, err := http.DefaultTransport.RoundTrip(req)
	return body, resp, err
}

// A client that asks before it sends learns that there is no need to.
func TestALongBodyIsNotAskedFor(t *testing.T) {
	t.Parallel()
	base, _ := openShop(t)
	body := &endless{left: 80 << 20}
	req, err := http.NewRequest(http.MethodPost, base+"/cart/add", body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 80 << 20
	req.Header.Set("Expect", "100-continue")
	resp, err := (&http.Transport{ExpectContinueTimeout: time.Minute}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if n := body.taken.Load(); resp.StatusCode != http.StatusRequestEntityTooLarge || n != 0 {
		t.Errorf("%d, %d bytes sent", resp.StatusCode, n)
	}
}

// A form of which only a part arrives does nothing: half a form is no form.
func TestHalfAFormDoesNothing(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /cart/add HTTP/1.1\r\nHost: shop\r\nContent-Length: 99\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\n\r\ngood=mug")
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusBadRequest || rows(t, db) != 0 {
		t.Errorf("%d, %d rows", resp.StatusCode, rows(t, db))
	}
}
