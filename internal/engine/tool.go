package engine

// What the tool of this module, cmd/gormsession, may ask beyond the public face, and applications
// need not. Package gormsession sets both.
var (
	// StoreOf is the store of a *gormsession.Plugin.
	StoreOf func(plugin any) *Store
	// Option makes a gormsession.Option that says what may be done to have a table that serves.
	Option func(Migration) any
)
