package engine

import (
	"context"
	"fmt"
	"reflect"
)

// resends tells whether the driver may send a statement that stands alone twice, and tell of the
// second time, or of a second call that nobody has taken: pgx does in the simple protocol, as its
// words for a lost connection let database/sql take it for one that was never used.
func (t *Table) resends() (simple bool) {
	if t.dialectName != "postgres" {
		return false
	}
	_ = t.within(0, func(ctx context.Context) error {
		conn, err := t.hold(ctx)
		if err != nil {
			return err // what needs a connection says so
		}
		defer conn.Close()
		return conn.Raw(func(conn any) error {
			simple = fmt.Sprint(execMode(conn)) == "simple protocol"
			return nil
		})
	})
	return simple
}

// execMode is the mode of a connection of pgx's, nil of another one. The driver is not known to
// this module.
func execMode(conn any) any {
	inner := reflect.ValueOf(conn).MethodByName("Conn")
	if !inner.IsValid() || inner.Type().NumIn() != 0 || inner.Type().NumOut() != 1 {
		return nil
	}
	config := inner.Call(nil)[0].MethodByName("Config")
	if !config.IsValid() || config.Type().NumIn() != 0 || config.Type().NumOut() != 1 {
		return nil
	}
	settings := reflect.Indirect(config.Call(nil)[0])
	if settings.Kind() != reflect.Struct {
		return nil
	}
	if mode := settings.FieldByName("DefaultQueryExecMode"); mode.IsValid() && mode.CanInterface() {
		return mode.Interface()
	}
	return nil
}
