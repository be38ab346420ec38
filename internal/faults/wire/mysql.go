package wire

import (
	"fmt"
	"io"
)

// mysql is the protocol of MySQL and MariaDB, without TLS and compression.
type mysql struct{}

// The commands that matter here.
const (
	comQuery   = 0x03
	comPrepare = 0x16
	comExecute = 0x17
)

func (mysql) request(t *talk) ([]byte, string, error) {
	packet, err := numbered(t.up)
	if err != nil || packet[3] != 0 || len(packet) < 5 { // the first of a command is number 0
		return packet, "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = ""
	switch body := packet[5:]; packet[4] {
	case comQuery:
		return packet, string(body), nil
	case comPrepare:
		t.asked = string(body)
	case comExecute:
		return packet, t.prepared[statementID(body)], nil
	}
	return packet, "", nil
}

// rest: a command is one packet, as long as it is shorter than 16 MB.
func (mysql) rest(_ *talk, packet []byte) ([]byte, error) { return packet, nil }

// response takes the first packet for the last one, as it is of what writes.
func (mysql) response(t *talk) ([]byte, bool, error) {
	packet, err := numbered(t.down)
	if err != nil {
		return nil, false, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asked != "" && len(packet) > 8 && packet[4] == 0 { // it was prepared
		t.prepared[statementID(packet[5:])] = t.asked
		t.asked = ""
	}
	return packet, true, nil
}

// statementID is the number of a prepared statement, as a name.
func statementID(body []byte) string {
	if len(body) < 4 {
		return ""
	}
	return fmt.Sprint(body[:4])
}

// numbered reads a packet: three bytes of length, and a number.
func numbered(r io.Reader) ([]byte, error) {
	header := make([]byte, 4, 64)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err
	}
	n := int(header[0]) | int(header[1])<<8 | int(header[2])<<16
	packet := append(header, make([]byte, n)...)
	_, err := io.ReadFull(r, packet[4:])
	return packet, err
}
