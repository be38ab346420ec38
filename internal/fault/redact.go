package fault

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"gorm.io/gorm"
)

// redacted is an error whose text named a key or a value.
type redacted struct {
	error
	text string
}

func (r redacted) Error() string { return r.text }
func (r redacted) Unwrap() error { return r.error }

// Redact takes keys and values out of the text of an error of the database. stored is the key of
// the row, if it is known.
func (r Reader) Redact(err error, stored string) error {
	switch {
	case isUnsent(err):
		return redacted{err, "the driver has refused a value"}
	case r.IsDuplicate(err):
		text := gorm.ErrDuplicatedKey.Error()
		if said := r.codeOf(err); said != "" {
			text += ": " + said
		}
		return redacted{err, text}
	case r.name != "sqlite" && r.said(err) == Rejected: // SQLite quotes no values
		return redacted{err, r.codeOf(err)}
	}
	return withoutKeys(err, stored)
}

// codeOf is what a database said, without the values that it quotes: the code, and the column or
// the constraint.
func (r Reader) codeOf(err error) string {
	switch r.name {
	case "postgres":
		return postgresCode(err)
	case "mysql":
		return mysqlCode(err)
	}
	for _, err := range chain(err) {
		if isSQLite(err) {
			return err.Error()
		}
	}
	return ""
}

// postgresCode reads the fields of pgx's PgError and lib/pq's Error.
func postgresCode(err error) string {
	for _, err := range chain(err) {
		e := reflect.Indirect(reflect.ValueOf(err))
		if _, ok := err.(interface{ SQLState() string }); !ok || e.Kind() != reflect.Struct {
			continue
		}
		text := "SQLSTATE " + sqlState(err)
		for _, name := range []string{"Table", "Column", "DataType", "Constraint"} {
			for _, field := range []string{name + "Name", name} {
				f := e.FieldByName(field)
				if f.IsValid() && f.Kind() == reflect.String && f.String() != "" {
					text += fmt.Sprintf(", %s %s", name, f)
				}
			}
		}
		return text
	}
	return ""
}

// mysqlColumn finds the name of a column or of an index, which comes last or first, where no value
// that is quoted between can pass for it.
var mysqlColumn = regexp.MustCompile("(?:" +
	"^(?:Column|Field) '([\\w.$]+)' (?:cannot be null|doesn't have a default value)" +
	"|^(?:Data too long|Out of range value|Data truncated)" +
	" for column [`'\"]([\\w.$`]+)[`'\"] at row \\d+" +
	"|' for column [`'\"]([\\w.$`]+)[`'\"] at row \\d+" +
	"|' for key '([\\w.$]+)')$")

func mysqlCode(err error) string {
	e, ok := mysqlError(err)
	if !ok {
		return ""
	}
	text := fmt.Sprintf("error %d, SQLSTATE %s", mysqlNumber(err), mysqlState(err))
	message := e.FieldByName("Message")
	if !message.IsValid() || message.Kind() != reflect.String {
		return text
	}
	if found := mysqlColumn.FindStringSubmatch(message.String()); found != nil {
		text += ", of " + strings.ReplaceAll(strings.Join(found[1:], ""), "`", "")
	}
	return text
}

// keyShaped is what may be a key, as the cookie or the row has it.
var keyShaped = regexp.MustCompile(`\b[0-9a-z]{32,64}\b`)

// withoutKeys takes all that may be a key out of the text of an error: of a cycle or a sweep it may
// name others than stored, while a key of Django's, which stored is then, may look like anything.
func withoutKeys(err error, stored string) error {
	text := err.Error()
	for _, statement := range []string{`Sql: "`, "BindVars:"} { // Vitess tells the whole of it
		text, _, _ = strings.Cut(text, statement)
	}
	if stored != "" {
		text = strings.ReplaceAll(text, stored, "?")
	}
	if text = keyShaped.ReplaceAllString(text, "?"); text != err.Error() {
		return redacted{err, text}
	}
	return err
}
