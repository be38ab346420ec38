package gormsession

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/seed7368b609/gormsession/internal/lifetime"
)

var tableName = regexp.MustCompile(
	`^[A-Za-z_][A-Za-z0-9_$]{0,62}(\.[A-Za-z_][A-Za-z0-9_$]{0,62})?$`,
).MatchString

// newOptions applies opts to the defaults, fills in what depends on others, and refuses nonsense
// with the sentence that mends it.
func newOptions(opts []Option) (*options, error) {
	o := defaultOptions()
	WithOptions(opts...)(o)
	if o.layout.Err != nil {
		return nil, o.layout.Err
	}
	if err := o.checkNames(); err != nil {
		return nil, fmt.Errorf("gormsession: %w", err)
	}
	if o.table == "" {
		o.table = o.layout.Table
		if named := o.model.tableName(); named != "" &&
			named != sessionModel.tableName() { // else it is Session's, promoted
			o.table = named
		}
	}
	if err := o.keepUsers(); err != nil {
		return nil, fmt.Errorf("gormsession: %w", err)
	}
	if err := o.makeFormer(); err != nil {
		return nil, err
	}
	if o.cookieName == "" {
		o.cookieName = o.layout.Cookie
	}
	if o.lives.Age < time.Second {
		return nil, fmt.Errorf(
			"gormsession: a lifetime of %v: WithLifetime takes a second or more, such as "+
				"14*24*time.Hour; SetExpiry(0) or WithBrowserSession ends a session with the browser",
			o.lives.Age,
		)
	}
	if o.lives.Age > lifetime.MaxAge {
		return nil, fmt.Errorf(
			"gormsession: a lifetime of %v: WithLifetime takes 250 years at most", o.lives.Age,
		)
	}
	if !o.stepIsSet {
		o.lives.Step = lifetime.DefaultStep(o.lives.Age)
	}
	for _, check := range []func(*options) error{
		checkStore, checkTimes, (*options).checkReplicas, (*options).checkBounds, (*options).checkCookie,
		(*options).checkKeyHeader, (*options).checkSeal, (*options).checkRotation,
	} {
		if err := check(o); err != nil {
			return nil, fmt.Errorf("gormsession: %w", err)
		}
	}
	return o, nil
}

// checkNames refuses an empty name, such as that of a variable which nobody has set: it would mean
// the default without a word.
func (o *options) checkNames() error {
	switch {
	case o.tableNamed && o.table == "":
		return fmt.Errorf("WithTable(\"\"): leave it out for the default, %s", o.layout.Table)
	case o.cookieNamed && o.cookieName == "":
		return fmt.Errorf("WithCookieName(\"\"): leave it out for the default, %s", o.layout.Cookie)
	case o.keyNamed && o.keyHeader == "":
		return errors.New("WithKeyHeader(\"\"): leave it out, and keys are in cookies alone")
	}
	return nil
}

func checkStore(o *options) error {
	switch {
	case !tableName(o.table):
		return fmt.Errorf(
			"%q is no table name: WithTable takes letters, digits and _, and one dot after a schema",
			o.table,
		)
	case o.codec == nil:
		return errors.New("WithCodec(nil): leave it out for JSON")
	case o.clock == nil:
		return errors.New("WithClock(nil): leave it out for time.Now")
	case o.model.err != nil:
		return o.model.err
	case o.heldBytes < 0:
		return fmt.Errorf(
			"WithHeldBytes(%d): 0 saves at the first byte of a body, the default is 65536", o.heldBytes,
		)
	}
	return nil
}

func checkTimes(o *options) error {
	switch {
	case o.stepIsSet && (o.lives.Step < 0 || o.lives.Step%time.Second != 0):
		return fmt.Errorf(
			"WithExpiryStep(%v): a step is of whole seconds; 0 turns rounding off", o.lives.Step,
		)
	case o.lives.Step > o.lives.Age:
		return fmt.Errorf(
			"WithExpiryStep(%v) is longer than the lifetime of %v; leave it out for 1/64 of that",
			o.lives.Step, o.lives.Age,
		)
	case o.timeout <= 0:
		return fmt.Errorf(
			"WithTimeout(%v): a load or a save needs some time; the default is 5s", o.timeout,
		)
	case o.cleanup < 0:
		return fmt.Errorf("WithCleanup(%v): 0 turns the deletion of expired rows off", o.cleanup)
	case o.lives.Absolute != 0 &&
		(o.lives.Absolute < time.Second || o.lives.Absolute > lifetime.MaxAge):
		return fmt.Errorf(
			"WithAbsoluteLifetime(%v): it takes a second or more, such as 30*24*time.Hour, and 250 years "+
				"at most; 0 is no bound", o.lives.Absolute,
		)
	case o.saveEvery && o.rolling:
		return errors.New(
			"WithSaveEveryRequest and WithRolling: choose one; the first does all that the second does",
		)
	}
	return nil
}
