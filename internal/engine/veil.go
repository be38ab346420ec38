package engine

import (
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// veiled is the application's dialect for our statements: what a plugin has it explain shows no key
// and no data, and what a database says of an error, which plugins record, names none either.
type veiled struct {
	gorm.Dialector
	faults     fault.Reader
	translates bool // the application's TranslateError
}

// veil is the dialect of a handle for our statements.
func veil(db *gorm.DB) veiled {
	return veiled{db.Dialector, fault.For(db.Dialector), db.TranslateError}
}

// Explain leaves the variables out, which stay the placeholders that they are.
func (v veiled) Explain(sql string, _ ...any) string { return sql }

// Translate implements gorm.ErrorTranslator.
func (v veiled) Translate(err error) error {
	if v.translates {
		err = v.faults.Translate(err)
	}
	return v.faults.Redact(err, "")
}

// SavePoint implements gorm.SavePointerDialectorInterface, for hooks.
func (v veiled) SavePoint(tx *gorm.DB, name string) error {
	if points, ok := v.Dialector.(gorm.SavePointerDialectorInterface); ok {
		return points.SavePoint(tx, name)
	}
	return gorm.ErrUnsupportedDriver
}

// RollbackTo implements gorm.SavePointerDialectorInterface.
func (v veiled) RollbackTo(tx *gorm.DB, name string) error {
	if points, ok := v.Dialector.(gorm.SavePointerDialectorInterface); ok {
		return points.RollbackTo(tx, name)
	}
	return gorm.ErrUnsupportedDriver
}
