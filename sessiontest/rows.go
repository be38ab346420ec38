package sessiontest

import (
	"database/sql"
	"database/sql/driver"
	"io"
	"reflect"
)

// rows are those of a query, read at once, so that the connection is free for the next one.
type rows struct {
	columns []string
	types   []*sql.ColumnType
	left    [][]any
}

func readAll(from *sql.Rows) (driver.Rows, error) {
	defer from.Close()
	r := &rows{}
	var err error
	if r.columns, err = from.Columns(); err != nil {
		return nil, err
	}
	if r.types, err = from.ColumnTypes(); err != nil {
		return nil, err
	}
	for from.Next() {
		row, places := make([]any, len(r.columns)), make([]any, len(r.columns))
		for i := range row {
			places[i] = &row[i]
		}
		if err := from.Scan(places...); err != nil {
			return nil, err
		}
		r.left = append(r.left, row)
	}
	return r, from.Err()
}

func (r *rows) Columns() []string { return r.columns }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(into []driver.Value) error {
	if len(r.left) == 0 {
		return io.EOF
	}
	for i, value := range r.left[0] {
		into[i] = value
	}
	r.left = r.left[1:]
	return nil
}

// What GORM's migrators ask of columns.

func (r *rows) ColumnTypeDatabaseTypeName(i int) string { return r.types[i].DatabaseTypeName() }
func (r *rows) ColumnTypeLength(i int) (int64, bool)    { return r.types[i].Length() }
func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	return r.types[i].Nullable()
}
func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	return r.types[i].DecimalSize()
}
func (r *rows) ColumnTypeScanType(i int) reflect.Type { return r.types[i].ScanType() }
