package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The server waits for nobody without an end: not for a header, not for a body, not
// for a reader of what it says, and not for a next request.
func TestTheServerHasAllTimeouts(t *testing.T) {
	t.Parallel()
	s := newServer(http.NotFoundHandler())
	for name, d := range map[string]time.Duration{
		"ReadHeaderTimeout": s.ReadHeaderTimeout, "ReadTimeout": s.ReadTimeout,
		"WriteTimeout": s.WriteTimeout, "IdleTimeout": s.IdleTimeout,
	} {
		if d <= 0 || d > 2*time.Minute {
			t.Errorf("%s is %v", name, d)
		}
	}
	if s.ReadTimeout < s.ReadHeaderTimeout || s.WriteTimeout <= s.ReadTimeout {
		t.Errorf("header %v, read %v, write %v: the later ones begin too early",
			s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout)
	}
	if s.MaxHeaderBytes <= 0 || s.MaxHeaderBytes > 1<<20 {
		t.Errorf("a header of %d bytes", s.MaxHeaderBytes)
	}
}

// Each of them ends a connection whose client does not go on.
func TestSlowClientsAreLetGo(t *testing.T) {
	t.Parallel()
	_, db := openShop(t)
	shop, err := newShop(db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n := rows(t, db); n != 0 {
			t.Errorf("%d rows, want none", n)
		}
	})
	for name, client := range map[string]struct{ sends, gets string }{
		"half a header": {"GET / HTTP/1.1\r\nHost: shop\r\n", ""},
		"half a body": {"POST /cart/add HTTP/1.1\r\nHost: shop\r\nContent-Length: 99\r\n" +
			"Content-Type: application/x-www-form-urlencoded\r\n\r\ngood=mug", "400 Bad Request"},
		"no next request": {"GET /bye HTTP/1.1\r\nHost: shop\r\n\r\n", "200 OK"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(shop)
			server.ReadHeaderTimeout /= 5 // as all of them, to be done sooner
			server.ReadTimeout /= 5
			server.IdleTimeout /= 60
			listener, err := listen("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go server.Serve(listener)
			defer server.Close()
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, client.sends); err != nil {
				t.Fatal(err)
			}
			if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			said, err := io.ReadAll(conn) // until the server ends it
			if err != nil || !strings.HasPrefix(string(said), "HTTP/1.1 "+client.gets) && client.gets != "" {
				t.Errorf("%v, said %q", err, said)
			}
		})
	}
}
