package measure

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed7368b609/gormsession/bench/contender"
)

// clients sends the requests of a cell over connections that are kept, with the least that a client
// can do, since it shares the machine with the server.
type clients struct {
	cell  Cell
	jar   []string
	conns []*client
	sent  atomic.Int64
}

type client struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func dialClients(address string, c Cell, jar []string) (*clients, error) {
	all := &clients{cell: c, jar: jar}
	for range c.Clients {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return nil, err
		}
		all.conns = append(all.conns, &client{conn: conn, in: bufio.NewReader(conn)})
	}
	return all, nil
}

func (c *clients) close() {
	for _, one := range c.conns {
		one.conn.Close()
	}
}

// A round is what the clients have seen.
type round struct {
	latencies []time.Duration // of what was answered with 200, from short to long
	failed    int             // answered with another status
	took      time.Duration
}

// run sends requests, which it numbers, for as long as it is to go on.
func (c *clients) run(goOn func() bool) (round, error) {
	var wg sync.WaitGroup
	seen := make([]round, len(c.conns))
	errs := make([]error, len(c.conns))
	start := time.Now()
	for k, one := range c.conns {
		wg.Go(func() {
			for errs[k] == nil && goOn() {
				i := int(c.sent.Add(1)) - 1
				sent := time.Now()
				ok, err := one.send(c.cell.Work.At(i), c.cell.Size, c.cookie(k, i))
				switch {
				case err != nil:
					errs[k] = err
				case ok:
					seen[k].latencies = append(seen[k].latencies, time.Since(sent))
				default:
					seen[k].failed++
				}
			}
		})
	}
	wg.Wait()
	all := round{took: time.Since(start)}
	for _, r := range seen {
		all.latencies = append(all.latencies, r.latencies...)
		all.failed += r.failed
	}
	slices.Sort(all.latencies)
	return all, errors.Join(errs...)
}

// cookie is that of the i-th request, which client k sends. Where the sessions are few, each client
// has its own for as long as there are enough.
func (c *clients) cookie(k, i int) string {
	if c.cell.Sessions > 0 {
		return c.jar[k%len(c.jar)]
	}
	return c.jar[scattered(i, len(c.jar))]
}

// send tells whether a request was answered with 200.
func (c *client) send(w contender.Work, size, cookie string) (ok bool, err error) {
	c.out = append(append(append(c.out[:0], "GET "...), w.Path(size)...), " HTTP/1.1\r\n"...)
	c.out = append(c.out, "Host: bench\r\n"...)
	if w != contender.Create {
		c.out = append(append(c.out, "Cookie: "+contender.CookieName+"="...), cookie...)
		c.out = append(c.out, "\r\n"...)
	}
	c.out = append(c.out, "\r\n"...)
	if _, err = c.conn.Write(c.out); err != nil {
		return false, err
	}
	return c.receive()
}

// receive reads a response that says its length.
func (c *client) receive() (ok bool, err error) {
	length := -1
	for n := 0; ; n++ {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return false, err
		}
		if n == 0 {
			ok = bytes.HasPrefix(line, []byte("HTTP/1.1 200 "))
		}
		if v, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return false, err
			}
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	if length < 0 {
		return false, fmt.Errorf("a response without a length")
	}
	_, err = c.in.Discard(length)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return ok, err
}
