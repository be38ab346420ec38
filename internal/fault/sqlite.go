package fault

import (
	"reflect"
	"strings"
)

// sqliteKind goes by SQLite's result code where the driver gives it, and by the text else.
func sqliteKind(err error) Kind {
	switch sqliteCode(err) {
	case 5, 6: // SQLITE_BUSY, SQLITE_LOCKED
		return Conflict
	case 18, 19, 20: // SQLITE_TOOBIG, SQLITE_CONSTRAINT (RAISE of a trigger too), SQLITE_MISMATCH
		return Rejected
	}
	text := err.Error()
	for _, busy := range []string{
		"database is locked", "table is locked", "schema is locked", "SQLITE_BUSY",
	} {
		if strings.Contains(text, busy) {
			return Conflict
		}
	}
	for _, no := range []string{
		"constraint failed", "datatype mismatch", "string or blob too big", "malformed JSON",
	} {
		if strings.Contains(text, no) {
			return Rejected
		}
	}
	return Other
}

// sqliteCode is the primary result code of an error of one of SQLite's drivers, whose types this
// package does not import: a field of mattn's, a method of the others'. 0 if there is none.
func sqliteCode(err error) int64 {
	for _, err := range chain(err) {
		if !isSQLite(err) {
			continue
		}
		v := reflect.ValueOf(err)
		code := v.MethodByName("Code")
		if code.IsValid() && code.Type().NumIn() == 0 && code.Type().NumOut() == 1 {
			code = code.Call(nil)[0]
		} else if v = reflect.Indirect(v); v.Kind() == reflect.Struct {
			code = v.FieldByName("Code")
		}
		switch {
		case !code.IsValid():
		case code.CanInt():
			return code.Int() & 0xff
		case code.CanUint():
			return int64(code.Uint() & 0xff)
		}
	}
	return 0
}

// isSQLite tells whether an error is of the type of one of SQLite's drivers.
func isSQLite(err error) bool {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name() == "Error" && strings.Contains(t.PkgPath(), "sqlite")
}
