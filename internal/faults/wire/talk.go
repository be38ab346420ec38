package wire

import (
	"bufio"
	"net"
	"sync"
)

// A talk is one connection through the wire.
type talk struct {
	w              *Wire
	client, server net.Conn
	up, down       *bufio.Reader // what the client says, and the server

	mu       sync.Mutex
	prepared map[string]string // texts of statements, by how the protocol names them
	asked    string            // the text whose preparation was asked for last
	begun    bool              // the client has said who it is
	loses    *Catch            // whose answer is the next that the server gives
}

func newTalk(w *Wire, client, server net.Conn) *talk {
	return &talk{
		w: w, client: client, server: server, prepared: map[string]string{},
		up: bufio.NewReaderSize(client, 64<<10), down: bufio.NewReaderSize(server, 64<<10),
	}
}

// A protocol is how the two talk.
type protocol interface {
	// request reads a message of the client's, and the text of the statement that it executes, if
	// it does.
	request(t *talk) (message []byte, statement string, err error)
	// rest reads what belongs to a request whose first message that was.
	rest(t *talk, message []byte) (whole []byte, err error)
	// response reads a message of the server's, and tells whether it is the last of an answer.
	response(t *talk) (message []byte, last bool, err error)
}

// fromClient carries what the client says.
func (t *talk) fromClient() {
	defer t.end()
	for {
		message, statement, err := t.w.protocol.request(t)
		if err != nil {
			return
		}
		if statement != "" {
			if c := t.w.verdict(statement); c != nil && !t.catch(c, message) {
				return
			}
		}
		if _, err := t.server.Write(message); err != nil {
			return
		}
	}
}

// catch does what becomes of a statement, and tells whether it goes on to the server.
func (t *talk) catch(c *Catch, message []byte) bool {
	close(c.caught)
	switch c.way {
	case AnswerLost:
		t.mu.Lock()
		t.loses = c
		t.mu.Unlock()
		return true
	case Lost:
		t.w.drop(t.server)
		c.happen()
		t.w.drop(t.client)
		close(c.over)
	case Slow:
		t.await(c)
		close(c.over)
		return true
	case Held:
		whole, err := t.w.protocol.rest(t, message)
		t.mu.Lock()
		t.loses = c
		t.mu.Unlock()
		t.w.drop(t.client)
		t.await(c)
		if err == nil {
			_, err = t.server.Write(whole)
		}
		if err == nil {
			<-c.over
		}
	}
	return false
}

// await waits until a statement is let go, or the wire is cut.
func (t *talk) await(c *Catch) {
	select {
	case <-c.free:
	case <-t.w.cut:
	}
}

// fromServer carries the answers, but for the one that is lost.
func (t *talk) fromServer() {
	defer t.end()
	for {
		message, last, err := t.w.protocol.response(t)
		t.mu.Lock()
		lost := t.loses
		t.mu.Unlock()
		switch {
		case lost != nil && (err != nil || last):
			if lost.way == AnswerLost {
				t.w.drop(t.server) // with the locks of a transaction that is open
				lost.happen()
			}
			close(lost.over)
			return
		case err != nil:
			return
		case lost != nil:
			continue
		}
		if _, err := t.client.Write(message); err != nil {
			return
		}
	}
}

func (t *talk) end() {
	t.mu.Lock()
	loses := t.loses
	t.mu.Unlock()
	if loses == nil || loses.isOver() { // else the other direction goes on
		t.w.drop(t.client)
		t.w.drop(t.server)
	}
}

func (c *Catch) isOver() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}
