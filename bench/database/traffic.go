package database

import (
	"context"
	"net"
	"sync/atomic"
)

// Traffic counts what a pool sends to its database.
type Traffic struct {
	Statements atomic.Int64 // executed, without what Tx counts
	Tx         atomic.Int64 // BEGIN, COMMIT and ROLLBACK
	Prepares   atomic.Int64 // asked for by themselves
	Trips      atomic.Int64 // round trips on the network, which SQLite has none of
}

// Reset sets all counts to zero.
func (t *Traffic) Reset() {
	for _, n := range []*atomic.Int64{&t.Statements, &t.Tx, &t.Prepares, &t.Trips} {
		n.Store(0)
	}
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, addr)
}

func (t *Traffic) dialer(inner dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := inner(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &tripConn{Conn: c, traffic: t}, nil
	}
}

// tripConn counts a round trip at each write that follows a read.
type tripConn struct {
	net.Conn
	traffic *Traffic
	writing atomic.Bool
}

func (c *tripConn) Write(b []byte) (int, error) {
	if !c.writing.Swap(true) {
		c.traffic.Trips.Add(1)
	}
	return c.Conn.Write(b)
}

func (c *tripConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.writing.Store(false)
	}
	return n, err
}
