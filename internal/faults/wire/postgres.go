package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

var errLength = errors.New("wire: a message of no length that could be")

// postgres is the protocol of PostgreSQL, version 3, without TLS.
type postgres struct{}

func (postgres) request(t *talk) ([]byte, string, error) {
	if !t.begun {
		t.begun = true
		message, err := frame(t.up, nil)
		return message, "", err
	}
	message, err := typed(t.up)
	if err != nil {
		return nil, "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch body := message[5:]; message[0] {
	case 'Q':
		return message, text(body), nil
	case 'P': // the name, and the text
		t.prepared[text(body)] = text(body[len(text(body))+1:])
	case 'B': // the portal, and the name
		return message, t.prepared[text(body[len(text(body))+1:])], nil
	}
	return message, "", nil
}

func (postgres) rest(t *talk, message []byte) ([]byte, error) {
	for whole := message; ; {
		if message[0] == 'Q' || message[0] == 'S' {
			return whole, nil
		}
		var err error
		if message, err = typed(t.up); err != nil {
			return nil, err
		}
		whole = append(whole, message...)
	}
}

func (postgres) response(t *talk) ([]byte, bool, error) {
	message, err := typed(t.down)
	return message, err == nil && message[0] == 'Z', err
}

// typed reads a message that begins with its type.
func typed(r io.Reader) ([]byte, error) {
	kind := make([]byte, 1, 64)
	if _, err := io.ReadFull(r, kind); err != nil {
		return nil, err
	}
	return frame(r, kind)
}

// frame reads a message whose length comes behind what was read.
func frame(r io.Reader, before []byte) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n < 4 || n > 64<<20 {
		return nil, errLength
	}
	message := append(before, length[:]...)
	message = append(message, make([]byte, n-4)...)
	_, err := io.ReadFull(r, message[len(before)+4:])
	return message, err
}

// text is what stands before the first NUL.
func text(b []byte) string {
	before, _, _ := bytes.Cut(b, []byte{0})
	return string(before)
}
