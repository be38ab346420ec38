package sessiontest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"
)

// An enclosure is a driver all of whose connections are one transaction. What they begin is a
// savepoint in it, and what fails is rolled back to one.
type enclosure struct {
	tx   *sql.Tx
	turn chan struct{} // full while a transaction is open, or a statement is being executed
	mu   sync.Mutex    // while something is asked
}

// Connect implements driver.Connector.
func (e *enclosure) Connect(context.Context) (driver.Conn, error) { return &enclosed{e: e}, nil }

// Driver implements driver.Connector.
func (e *enclosure) Driver() driver.Driver { return e }

// Open implements driver.Driver.
func (e *enclosure) Open(string) (driver.Conn, error) { return &enclosed{e: e}, nil }

// patience is how long somebody waits for his turn who has not said how long.
const patience = 5 * time.Second

var errWaits = errors.New("sessiontest: a transaction is open within the test's, and another one " +
	"has waited for its end, or a statement: use its handle while it is open, and State.SaveIn for " +
	"a session")

// wait waits until no transaction is open.
func (e *enclosure) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case e.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errWaits, ctx.Err())
	}
}

// command executes one of ours.
func (e *enclosure) command(text string) error {
	if _, err := e.tx.ExecContext(context.Background(), text); err != nil {
		return fmt.Errorf("sessiontest: %s: %w (has the test's transaction ended? MySQL commits it "+
			"where a table is made or altered: make tables before, as by gormsession.Migrate)", text, err)
	}
	return nil
}

// guarded asks something under a savepoint, so that what fails there fails alone. mu is held.
func (e *enclosure) guarded(ask func() error) error {
	if err := e.command("SAVEPOINT sessiontest_statement"); err != nil {
		return err
	}
	if err := ask(); err != nil {
		if undo := e.command("ROLLBACK TO SAVEPOINT sessiontest_statement"); undo != nil {
			return errors.Join(err, undo)
		}
		return err // as it is, for those who know the driver's errors by their type
	}
	return e.command("RELEASE SAVEPOINT sessiontest_statement")
}

// An enclosed is one connection. The context of a statement does not cut it short: some drivers
// would close the connection, and with it the test's transaction.
type enclosed struct {
	e    *enclosure
	open bool // a transaction of this connection
}

// Prepare implements driver.Conn. Nothing is prepared.
func (c *enclosed) Prepare(query string) (driver.Stmt, error) { return statement{c, query}, nil }

// Begin implements driver.Conn.
func (c *enclosed) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx implements driver.ConnBeginTx. The isolation is that of the test's transaction.
func (c *enclosed) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	if err := c.e.wait(ctx); err != nil {
		return nil, err
	}
	c.open = true
	if err := c.say("SAVEPOINT sessiontest"); err != nil {
		c.pass()
		return nil, err
	}
	return c, nil
}

// Commit implements driver.Tx. Where a statement has spoiled the transaction, as PostgreSQL has it,
// it is rolled back, and the test's goes on.
func (c *enclosed) Commit() error {
	defer c.pass()
	c.e.mu.Lock()
	_, err := c.e.tx.ExecContext(context.Background(), "RELEASE SAVEPOINT sessiontest")
	c.e.mu.Unlock()
	if err == nil {
		return nil
	}
	if err := c.undo(); err != nil {
		return err
	}
	return fmt.Errorf("sessiontest: the transaction was rolled back instead of committed: %w", err)
}

// Rollback implements driver.Tx.
func (c *enclosed) Rollback() error {
	defer c.pass()
	return c.undo()
}

func (c *enclosed) undo() error {
	if err := c.say("ROLLBACK TO SAVEPOINT sessiontest"); err != nil {
		return err
	}
	return c.say("RELEASE SAVEPOINT sessiontest")
}

func (c *enclosed) say(command string) error {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	return c.e.command(command)
}

// pass gives the turn to others.
func (c *enclosed) pass() {
	if c.open {
		c.open = false
		<-c.e.turn
	}
}

// Close implements driver.Conn.
func (c *enclosed) Close() error {
	if c.open {
		return c.Rollback()
	}
	return nil
}

// CheckNamedValue implements driver.NamedValueChecker: the driver beneath does that.
func (c *enclosed) CheckNamedValue(*driver.NamedValue) error { return nil }

// ExecContext implements driver.ExecerContext.
func (c *enclosed) ExecContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (result driver.Result, err error) {
	err = c.write(ctx, func() error {
		result, err = c.e.tx.ExecContext(context.WithoutCancel(ctx), query, values(args)...)
		return err
	})
	return result, err
}

// QueryContext implements driver.QueryerContext. What only reads waits for no transaction, as a
// handler that has one may read its session: what that is about to change is seen then.
func (c *enclosed) QueryContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (rows driver.Rows, err error) {
	ask := c.ask
	if writing.MatchString(query) {
		ask = func(f func() error) error { return c.write(ctx, f) }
	}
	err = ask(func() error {
		found, err := c.e.tx.QueryContext(context.WithoutCancel(ctx), query, values(args)...)
		if err == nil {
			rows, err = readAll(found)
		}
		return err
	})
	return rows, err
}

// writing is a query that changes something, of which another one's rollback is to undo nothing.
var writing = regexp.MustCompile(
	`(?is)^\s*(insert|update|delete|replace|merge|with)\b.*\breturning\b`)

// write is ask in turn with transactions.
func (c *enclosed) write(ctx context.Context, f func() error) error {
	if !c.open {
		if err := c.e.wait(ctx); err != nil {
			return err
		}
		defer func() { <-c.e.turn }()
	}
	return c.ask(f)
}

// ask asks something. Within a transaction what fails spoils it, where the database has it so.
func (c *enclosed) ask(f func() error) error {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	if c.open {
		return f()
	}
	return c.e.guarded(f)
}

func values(args []driver.NamedValue) []any {
	values := make([]any, len(args))
	for i, arg := range args {
		values[i] = arg.Value
		if arg.Name != "" {
			values[i] = sql.Named(arg.Name, arg.Value)
		}
	}
	return values
}

// A statement is a text that passes for a prepared one.
type statement struct {
	*enclosed
	query string
}

func (s statement) Close() error  { return nil }
func (s statement) NumInput() int { return -1 }

func (s statement) Exec([]driver.Value) (driver.Result, error) { return nil, driver.ErrSkip }
func (s statement) Query([]driver.Value) (driver.Rows, error)  { return nil, driver.ErrSkip }

func (s statement) ExecContext(
	ctx context.Context, args []driver.NamedValue,
) (driver.Result, error) {
	return s.enclosed.ExecContext(ctx, s.query, args)
}

func (s statement) QueryContext(
	ctx context.Context, args []driver.NamedValue,
) (driver.Rows, error) {
	return s.enclosed.QueryContext(ctx, s.query, args)
}
