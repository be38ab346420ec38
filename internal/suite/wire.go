package suite

import (
	"bytes"
	"database/sql"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A wire lies between a pool and its server, and does to what it carries what networks do. One
// message that has a word in it, in either case, is lost, or held, or its answer is lost.
type wire struct {
	t        testing.TB
	listener net.Listener

	mu   sync.Mutex
	word string
	do   func(client *ear, server net.Conn, message []byte)
	all  sync.WaitGroup
}

func newWire(t testing.TB, network, address string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, listener: l}
	w.all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, address)
			if err != nil {
				client.Close()
				continue
			}
			to := &ear{Conn: client}
			w.all.Go(func() { _, _ = io.Copy(to, server); client.Close() })
			w.all.Go(func() { w.carry(to, server) })
		}
	})
	t.Cleanup(func() { l.Close() })
	return w
}

func (w *wire) port() int { return w.listener.Addr().(*net.TCPAddr).Port }

// An ear is the client of a connection, which is gone in the place of the answer once that is to be
// lost.
type ear struct {
	net.Conn
	loses atomic.Bool
}

func (e *ear) Write(answer []byte) (int, error) {
	if e.loses.Load() {
		e.Close()
		return 0, net.ErrClosed
	}
	return e.Conn.Write(answer)
}

// carry brings what the client says to the server, but for the one message.
func (w *wire) carry(client *ear, server net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			server.Close()
			return
		}
		w.mu.Lock()
		do := w.do
		said := bytes.ReplaceAll(bytes.ToUpper(buffer[:n]), []byte("READ COMMITTED"), nil)
		hit := do != nil && bytes.Contains(said, []byte(w.word))
		if hit {
			w.do = nil
		}
		w.mu.Unlock()
		if hit {
			do(client, server, bytes.Clone(buffer[:n]))
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			client.Close()
			return
		}
	}
}

func (w *wire) next(word string, do func(client *ear, server net.Conn, message []byte)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.word, w.do = word, do
}

// holds has the next message with that word held: the client's connection is gone, the server's is
// not. release lets the message arrive.
func (w *wire) holds(word string) (held <-chan struct{}, release func()) {
	came, gone := make(chan struct{}), make(chan struct{})
	w.next(word, func(client *ear, server net.Conn, message []byte) {
		client.Close()
		close(came)
		<-gone
		_, _ = server.Write(message)
		// The server answers before it reads on, and ends then.
		_ = server.(interface{ CloseWrite() error }).CloseWrite()
	})
	return came, sync.OnceFunc(func() { close(gone) })
}

// loses has the answer to the next message with that word lost. The server has given it by the time
// when the client knows, so what is sent again comes second.
func (w *wire) loses(word string) {
	w.next(word, func(client *ear, server net.Conn, message []byte) {
		client.loses.Store(true)
		_, _ = server.Write(message)
		_ = server.(interface{ CloseWrite() error }).CloseWrite()
	})
}

// wired opens a pool on a database through a wire, by a DSN of its own where GORM's driver needs
// one.
func wired(t testing.TB, d *dbtest.DB, simple bool, g *gorm.Config) (*gorm.DB, *wire) {
	t.Helper()
	var w *wire
	var dialector gorm.Dialector
	switch d.Kind() {
	case dbtest.Postgres:
		c, err := pgx.ParseConfig(d.DSN())
		if err != nil {
			t.Fatal(err)
		}
		w = newWire(t, "tcp", net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))))
		c.Host, c.Port, c.Fallbacks = "127.0.0.1", uint16(w.port()), nil
		if simple {
			c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
		}
		dialector = postgres.New(postgres.Config{Conn: stdlib.OpenDB(*c)})
	case dbtest.MariaDB:
		c, err := mysqldriver.ParseDSN(d.DSN())
		if err != nil {
			t.Fatal(err)
		}
		w = newWire(t, c.Net, c.Addr)
		c.Net, c.Addr = "tcp", "127.0.0.1:"+strconv.Itoa(w.port())
		connector, err := mysqldriver.NewConnector(c)
		if err != nil {
			t.Fatal(err)
		}
		dialector = mysql.New(mysql.Config{Conn: sql.OpenDB(connector)})
	}
	g.Logger = logger.Discard
	db, err := gorm.Open(dialector, g)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return db, w
}

// somebodyWaits returns once a transaction of the database waits for a lock.
func somebodyWaits(t testing.TB, db *gorm.DB) {
	query := "SELECT count(*) FROM pg_stat_activity" +
		" WHERE datname = current_database() AND wait_event_type = 'Lock'"
	every := 2 * time.Millisecond
	if db.Dialector.Name() == "mysql" {
		every = 150 * time.Millisecond // what InnoDB shows is older where it is asked more often
		query = "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		var n int
		if err := db.Raw(query).Scan(&n).Error; err != nil {
			t.Error(err)
			return
		}
		if n > 0 {
			return
		}
		<-tick.C
	}
	t.Error("nobody waits for a lock")
}
