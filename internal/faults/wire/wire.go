// Package wire does to the statements of an application what networks do: one is lost, or its
// answer is, or it is held and arrives later. It reads what PostgreSQL's and MySQL's clients say,
// prepared statements too.
package wire

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
)

// A Wire lies between an application and the server of its database.
type Wire struct {
	listener         net.Listener
	network, address string
	protocol         protocol
	all              sync.WaitGroup
	cut              chan struct{}

	mu    sync.Mutex
	judge func(verb string) *Catch // or nil
	open  map[net.Conn]bool
}

// Lay lays a wire to the server of a DSN, of "postgres" or "mariadb", and returns the DSN through
// it.
func Lay(kind, dsn string) (w *Wire, through string, err error) {
	switch kind {
	case "postgres":
		c, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, "", err
		}
		w, err := lay(postgres{}, "tcp", net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))))
		if err != nil {
			return nil, "", err
		}
		return w, throughPostgres(dsn, w.at()), nil
	case "mariadb":
		c, err := mysqldriver.ParseDSN(dsn)
		if err != nil {
			return nil, "", err
		}
		w, err := lay(mysql{}, c.Net, c.Addr)
		if err != nil {
			return nil, "", err
		}
		c.Net, c.Addr = "tcp", w.at().String()
		return w, c.FormatDSN(), nil
	}
	return nil, "", fmt.Errorf("wire: %s has none", kind)
}

func lay(p protocol, network, address string) (*Wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &Wire{
		listener: l, network: network, address: address, protocol: p,
		cut: make(chan struct{}), open: map[net.Conn]bool{},
	}
	w.all.Go(w.accept)
	return w, nil
}

func (w *Wire) at() *net.TCPAddr { return w.listener.Addr().(*net.TCPAddr) }

// throughPostgres is a DSN, in either form, that pgx has parsed, with another address.
func throughPostgres(dsn string, at *net.TCPAddr) string {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		u.Host = at.String()
		return u.String()
	}
	return fmt.Sprintf("%s host=127.0.0.1 port=%d", dsn, at.Port) // the last setting counts
}

// Close cuts the wire.
func (w *Wire) Close() {
	w.listener.Close()
	w.mu.Lock()
	close(w.cut)
	for conn := range w.open {
		conn.Close()
	}
	w.mu.Unlock()
	w.all.Wait()
}

func (w *Wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(w.network, w.address)
		if err != nil {
			client.Close()
			continue
		}
		if !w.keep(client, server) {
			client.Close()
			server.Close()
			return
		}
		t := newTalk(w, client, server)
		w.all.Go(t.fromClient)
		w.all.Go(t.fromServer)
	}
}

// keep notes connections, unless the wire was cut.
func (w *Wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.cut:
		return false
	default:
	}
	for _, conn := range conns {
		w.open[conn] = true
	}
	return true
}

func (w *Wire) drop(conn net.Conn) {
	conn.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, conn)
}

// Judge has f say of each statement, by its first word in capitals, whether it is caught. nil lets
// all pass.
func (w *Wire) Judge(f func(verb string) *Catch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.judge = f
}

// Pass lets all pass from now on. It is for what Judge was given.
func (w *Wire) Pass() { w.judge = nil }

// Next has the next statement of a verb caught.
func (w *Wire) Next(verb string, c *Catch) {
	w.Judge(func(said string) *Catch {
		if said != verb {
			return nil
		}
		w.Pass()
		return c
	})
}

// verdict is what becomes of a statement, nil if it passes.
func (w *Wire) verdict(text string) *Catch {
	verb, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.judge == nil {
		return nil
	}
	return w.judge(strings.ToUpper(verb))
}
