package gormsession

import (
	"slices"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/engine"
)

// Migrate makes the table of sessions if it is missing, as [New] does with the same options, also
// where they say [WithoutMigration]. To a table that is there it adds the columns that the model
// has and the table lacks, those of [WithUsers] or of a model of [WithModel], and their indexes;
// nothing else of it is altered, and nothing of Django's. A table that cannot keep sessions is an
// error, as is a database that does not answer. [MigrationSQL] says what it would do.
//
// It can be done while servers run that know nothing of the columns. Those of [UserSession] may be
// NULL, so that PostgreSQL, SQLite, MariaDB and MySQL 8 add them without a rewrite of the table. An
// index takes a scan of it, for which Migrate waits 10 minutes, and writes wait on PostgreSQL: on a
// large table execute what MigrationSQL returns by hand, the index as CREATE INDEX CONCURRENTLY. An
// index of another name that begins with the column is as good.
func Migrate(db *gorm.DB, opts ...Option) error {
	o, err := migrating(opts)
	if err == nil {
		_, err = open(db, o)
	}
	return err
}

// MigrationSQL returns the statements that [Migrate] with these options would execute on that
// database now, in order, and executes none of them. There are none where nothing is to be done. It
// asks the database how the table is made, and what Migrate would refuse is an error.
func MigrationSQL(db *gorm.DB, opts ...Option) ([]string, error) {
	o, err := migrating(opts)
	if err != nil {
		return nil, err
	}
	own, former := o.configs()
	return engine.Plan(db, own, former)
}

// migrating are the settings of a migration by hand.
func migrating(opts []Option) (*options, error) {
	return newOptions(append(slices.Clip(opts), func(o *options) { o.migrate = engine.AddColumns }))
}

// What cmd/gormsession may ask beyond the face: see internal/engine.
func init() {
	engine.StoreOf = func(plugin any) *engine.Store { return plugin.(*Plugin).store }
	engine.FillingOf = func(plugin any, entry string) (engine.Reviser, error) {
		return plugin.(*Plugin).filling(entry)
	}
	engine.Option = func(m engine.Migration) any {
		return Option(func(o *options) { o.migrate = m })
	}
}

// open opens the store that the options describe.
func open(db *gorm.DB, o *options) (*engine.Store, error) {
	own, former := o.configs()
	return engine.Open(db, own, former)
}

// configs are those of the own table and of the former one, if there is one.
func (o *options) configs() (own engine.Config, former *engine.Config) {
	if o.former != nil {
		former = new(o.former.config())
	}
	return o.config(), former
}
