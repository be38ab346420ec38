package gormsession

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// WithModel makes rows of a model of the application's own, which embeds [Session]: build is called
// before each insert and update, and again after a replay on what another request has saved, with
// the row that is about to be written and the entries that are in it. What it returns is written to
// the columns of M, also where it is zero or NULL; the three columns of Session are written as they
// are in row, whatever build did to them. It runs within the transaction, while the session is
// saved, so it must use neither: a session that is used there ends the save with [ErrReentrant]. A
// renewal of the expiry alone leaves the other columns as they are. build is called concurrently.
// It is Django's create_model_instance. Fields with a default other than zero, and gorm.DeletedAt,
// are refused by [New].
//
// The table is that of [WithTable], or else M's TableName, which is Session's, web_sessions, unless
// M has one of its own. GORM itself knows the TableName alone: where the two differ, a query by the
// model, such as the deletion of all of a user's sessions, goes to another table.
func WithModel[M any](build func(row Session, e Entries) M) Option {
	m := &model{
		build: func(row Session, e Entries) any {
			built := build(row, e)
			return &built
		},
		empty:   func() any { return new(M) },
		onMySQL: func() any { return new(onMySQL[M]) },
	}
	if build == nil {
		m.err = errors.New(
			"WithModel(nil): it takes a function that makes a model out of a row and its entries",
		)
	} else if t := reflect.TypeFor[M](); !embedsSession(t) {
		m.err = fmt.Errorf(
			"WithModel: the function returns %v; let it return a struct that embeds gormsession.Session", t,
		)
	}
	return func(o *options) { o.model = m }
}

// embedsSession tells whether t embeds Session, itself or in a struct that it embeds. By value: a
// pointer is nil where GORM asks for the table.
func embedsSession(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		if f := t.Field(
			i,
		); f.Anonymous &&
			(f.Type == reflect.TypeFor[Session]() || embedsSession(f.Type)) {
			return true
		}
	}
	return false
}

// A model is what rows are made of: Session, or what WithModel named.
type model struct {
	build   func(row Session, e Entries) any // a pointer to the model; nil for Session itself
	empty   func() any
	onMySQL func() any
	err     error
	clock   func() time.Time // not nil: with the columns of users
}

var sessionModel = &model{
	empty:   func() any { return new(Session) },
	onMySQL: func() any { return new(onMySQL[Session]) },
}

// onMySQL is what a table is made of on MySQL: the model, with keys that are compared byte by byte,
// in ASCII, which keeps the index small. It is said when the table is made, as TiDB does not alter
// it later.
type onMySQL[M any] struct {
	Key   string `gorm:"column:session_key;primaryKey;type:varchar(64) CHARACTER SET ascii COLLATE ascii_bin"`
	Model M      `gorm:"embedded"`
}

// Table implements engine.Model: what a table of the model is made of.
func (m *model) Table(dialect string) any {
	if dialect == "mysql" {
		return m.onMySQL()
	}
	return m.empty()
}

// Empty implements engine.Model.
func (m *model) Empty() any { return m.empty() }

// IsBare implements engine.Model.
func (m *model) IsBare() bool { return m.build == nil }

// Seen implements engine.Model.
func (m *model) Seen() string {
	if m.clock == nil {
		return ""
	}
	return "last_seen"
}

// Row implements engine.Model: a *Session, or what the application builds.
func (m *model) Row(
	ctx context.Context, s *schema.Schema, key, data string, expire time.Time,
	entries map[string]json.RawMessage,
) (any, error) {
	row := Session{SessionKey: key, SessionData: data, ExpireDate: Expiry{expire}}
	if m.build == nil {
		return &row, nil
	}
	decoded, err := decodeAll(entries)
	if err != nil {
		return nil, err
	}
	built := m.build(row, decoded)
	if err := fill(ctx, s, built, map[string]any{
		"session_key": row.SessionKey, "session_data": row.SessionData,
		"expire_date": row.ExpireDate,
	}); err != nil || m.clock == nil {
		return built, err
	}
	return built, fill(ctx, s, built, userColumns(entries, m.clock()))
}

// decodeAll decodes entries for the application's model.
func decodeAll(raw map[string]json.RawMessage) (Entries, error) {
	entries := make(Entries, len(raw))
	for name, text := range raw {
		v, err := jsontext.Value(text)
		if err != nil {
			return nil, fmt.Errorf("%w: entry %q: %w", engine.ErrDamaged, name, err)
		}
		entries[name] = v
	}
	return entries, nil
}

func (m *model) tableName() string {
	if m.err != nil {
		return ""
	}
	if t, ok := m.empty().(schema.Tabler); ok {
		return t.TableName()
	}
	return ""
}

// Parse implements engine.Model. The columns that an update writes are all that GORM may update,
// but for the time of creation, and but for the time of the update, which GORM sets itself.
func (m *model) Parse(db *gorm.DB) (*schema.Schema, []*schema.Field, error) {
	parsed, err := schema.Parse(m.empty(), &sync.Map{}, db.NamingStrategy)
	if err != nil {
		return nil, nil, err
	}
	own, err := ownColumns(parsed)
	if err == nil && m.clock != nil {
		err = checkUserColumns(parsed)
	}
	return parsed, own, err
}

// ownColumns refuses a model that cannot serve.
func ownColumns(parsed *schema.Schema) ([]*schema.Field, error) {
	if len(parsed.PrimaryFields) != 1 || parsed.PrimaryFields[0].DBName != "session_key" {
		return nil, fmt.Errorf(
			"the primary key of the model %s must be session_key alone, as in gormsession.Session: "+
				"leave out gorm.Model, and what else is tagged primaryKey or named ID",
			parsed.Name,
		)
	}
	var own []*schema.Field
	ours := map[string]reflect.Type{
		"session_key":  reflect.TypeFor[string](),
		"session_data": reflect.TypeFor[string](),
		"expire_date":  reflect.TypeFor[Expiry](),
	}
	for _, f := range parsed.Fields {
		if _, ok := ours[f.DBName]; ok {
			continue
		}
		if f.HasDefaultValue &&
			(f.DefaultValueInterface == nil || !reflect.ValueOf(f.DefaultValueInterface).IsZero()) {
			return nil, fmt.Errorf(
				"the field %s of the model %s has a default tag: GORM stores that in the place of a zero "+
					"value at an insert, but not at an update; leave it out, and let the function of "+
					"WithModel give the value",
				f.Name,
				parsed.Name,
			)
		}
		if f.DBName != "" && f.Updatable && f.AutoCreateTime == 0 && f.AutoUpdateTime == 0 {
			own = append(own, f)
		}
	}
	for column, t := range ours {
		if f := parsed.FieldsByDBName[column]; f == nil || f.FieldType != t {
			return nil, fmt.Errorf(
				"the model %s must have the column %s of the gormsession.Session that it embeds: let no "+
					"other field have it",
				parsed.Name,
				column,
			)
		}
	}
	if len(parsed.QueryClauses)+len(parsed.UpdateClauses)+len(parsed.DeleteClauses) > 0 {
		return nil, fmt.Errorf(
			"the model %s has a column that changes queries, such as gorm.DeletedAt: leave it out, a "+
				"session that is deleted must be gone",
			parsed.Name,
		)
	}
	return own, nil
}

// fill sets columns of ours in a built model.
func fill(
	ctx context.Context, s *schema.Schema, built any, columns map[string]any,
) error {
	v := reflect.ValueOf(built).Elem()
	for column, value := range columns {
		if err := s.FieldsByDBName[column].Set(ctx, v, value); err != nil {
			return err
		}
	}
	return nil
}
