package wire

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
)

// A speaker says things as clients and servers of a protocol do.
type speaker struct {
	protocol protocol
	hello    []byte              // the first message of a client
	execute  func(string) []byte // one that executes a text
	prepare  func(string) []byte // and what prepares it, where it has a name
	again    []byte              // executes what was prepared
	answer   []byte              // to what is executed
	prepared []byte              // to what is prepared
}

func postgresMessage(kind byte, body string) []byte {
	message := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4))
	return append(message, body...)
}

func mysqlPacket(number byte, body string) []byte {
	return append([]byte{byte(len(body)), byte(len(body) >> 8), 0, number}, body...)
}

var speakers = map[string]speaker{
	"postgres": {
		protocol: postgres{}, hello: postgresMessage(0, "hello")[1:],
		execute: func(text string) []byte { return postgresMessage('Q', text+"\x00") },
		prepare: func(text string) []byte {
			return postgresMessage('P', "name\x00"+text+"\x00\x00\x00")
		},
		again:    append(postgresMessage('B', "\x00name\x00"), postgresMessage('S', "")...),
		answer:   append(postgresMessage('C', "done\x00"), postgresMessage('Z', "I")...),
		prepared: postgresMessage('1', ""),
	},
	"mysql": {
		protocol: mysql{}, hello: mysqlPacket(1, "hello"),
		execute:  func(text string) []byte { return mysqlPacket(0, "\x03"+text) },
		prepare:  func(text string) []byte { return mysqlPacket(0, "\x16"+text) },
		again:    mysqlPacket(0, "\x17\x07\x00\x00\x00\x00"),
		answer:   mysqlPacket(1, "\x00\x01\x00\x02\x00\x00\x00"),
		prepared: mysqlPacket(1, "\x00\x07\x00\x00\x00\x00\x00\x00\x00"),
	},
}

// talking is a client and a server with a wire between them, whose first message has passed.
func talking(t *testing.T, s speaker) (w *Wire, client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if w, err = lay(s.protocol, "tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if client, err = net.Dial("tcp", w.at().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	says(t, client, s.hello)
	hears(t, server, s.hello)
	return w, client, server
}

func says(t *testing.T, conn net.Conn, message []byte) {
	t.Helper()
	if _, err := conn.Write(message); err != nil {
		t.Error(err)
	}
}

func hears(t *testing.T, conn net.Conn, message []byte) {
	t.Helper()
	got := make([]byte, len(message))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != string(message) {
		t.Errorf("heard %q, %v, and not %q", got, err, message)
	}
}

func isGone(t *testing.T, conn net.Conn) {
	t.Helper()
	if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Error("the connection is still there")
	}
}

// What is not caught passes, in both directions.
func TestPasses(t *testing.T) {
	for name, s := range speakers {
		t.Run(name, func(t *testing.T) {
			w, client, server := talking(t, s)
			w.Next("COMMIT", NewCatch(Lost, nil))
			for _, message := range [][]byte{s.execute("UPDATE x"), s.execute("SELECT 'COMMIT'")} {
				says(t, client, message)
				hears(t, server, message)
				says(t, server, s.answer)
				hears(t, client, s.answer)
			}
		})
	}
}

// Each way does what it says, to a statement as a text and to one that was prepared.
func TestWays(t *testing.T) {
	for name, s := range speakers {
		for _, prepared := range []bool{false, true} {
			for _, way := range []Way{AnswerLost, Lost, Held, Slow} {
				t.Run(name+", "+string(way), func(t *testing.T) {
					w, client, server := talking(t, s)
					message := s.execute("commit")
					if prepared {
						message = s.again
						says(t, client, s.prepare("commit"))
						hears(t, server, s.prepare("commit"))
						says(t, server, s.prepared)
						hears(t, client, s.prepared)
					}
					happened := make(chan struct{})
					c := NewCatch(way, func() { close(happened) })
					w.Next("COMMIT", c)
					says(t, client, message)
					<-c.Caught()
					switch way {
					case AnswerLost:
						hears(t, server, message)
						select {
						case <-happened:
							t.Error("it happened before the answer")
						default:
						}
						says(t, server, s.answer)
						<-happened
						isGone(t, client)
					case Lost:
						<-happened
						isGone(t, server)
						isGone(t, client)
					case Held:
						isGone(t, client)
						c.Release()
						hears(t, server, message)
						says(t, server, s.answer)
						<-c.Over()
						isGone(t, server)
					case Slow:
						c.Release()
						hears(t, server, message)
						says(t, server, s.answer)
						hears(t, client, s.answer)
					}
					<-c.Over()
				})
			}
		}
	}
}

// The DSN of a wire leads to it, in each form that there is.
func TestLay(t *testing.T) {
	for kind, dsns := range map[string][]string{
		"postgres": {"host=127.0.0.1 port=1 user=u dbname=d", "postgres://u@127.0.0.1:1/d"},
		"mariadb":  {"u:p@tcp(127.0.0.1:1)/d?parseTime=true"},
	} {
		for _, dsn := range dsns {
			w, through, err := Lay(kind, dsn)
			if err != nil {
				t.Fatal(err)
			}
			back, again, err := Lay(kind, through)
			if err != nil || back.address != w.at().String() {
				t.Errorf("%s leads to %s, %v", through, back.address, err)
			}
			if again == through {
				t.Errorf("%s stays as it is", through)
			}
			back.Close()
			w.Close()
		}
	}
	if _, _, err := Lay("sqlite", "x"); err == nil {
		t.Error("SQLite has a wire")
	}
}
