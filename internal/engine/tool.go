package engine

// What the tool of this module, cmd/gormsession, may ask beyond the public face, and applications
// need not. Package gormsession sets them.
var (
	// StoreOf is the store of a *gormsession.Plugin.
	StoreOf func(plugin any) *Store

	// FillingOf is what FillUsers of a *gormsession.Plugin does to each row.
	FillingOf func(plugin any, entry string) (Reviser, error)
	// Option makes a gormsession.Option that says what may be done to have a table that serves.
	Option func(Migration) any
)
