// Package gormsession keeps server-side web sessions in the application's own database, through
// GORM, with the semantics of Django's database sessions.
//
// # Where to begin
//
// Handlers use an adapter. With Gin it is [github.com/seed7368b609/gormsession/ginsession], which
// needs two lines:
//
//	r.Use(ginsession.New(db))           // db is the application's *gorm.DB
//	ginsession.Get(c).Set("k", "v")     // in a handler
//
// For net/http, and for whatever takes its middleware, it is
// [github.com/seed7368b609/gormsession/httpsession]:
//
//	session := httpsession.New(db)      // session(mux) is the handler to serve
//	httpsession.Get(r).Set("k", "v")    // in a handler
//
// For Echo 5 it is package echosession, a module of its own.
//
// What they give a handler is a [State]. This package has its methods, the options of New, and
// what programs call that have no request. Package sessiontest is for the tests of applications,
// package django shares sessions with a Django site, and package movein takes them over from other
// libraries.
//
// # In a handler
//
// A [State] is the session of the request: it is loaded when it is first looked at, and saved once
// the handler has returned. Entries are read by [State.Get], and written by [State.Set] and
// [State.Delete]; by a [Field] they have a type, and [Field.Modify] is exact under concurrency.
// [State.Flash] leaves a message for the next page. What counts once is taken by [Field.Take].
//
// [State.LogIn] belongs to each login, and [State.LogOut] to the logout; [State.UserID] says who
// has logged in. [State.SetExpiry] and [State.SetBrowserSession] give a session a lifetime of its
// own, as for "remember me". [State.SaveIn] saves it in a transaction of the application's.
//
// # Options
//
// [New] has defaults for all of them. A site that is reached over TLS alone begins with
// [Production]; how long sessions live is said by [WithLifetime], [WithRolling] and
// [WithAbsoluteLifetime], or by [AAL2] and its like; [WithErrorHandler] answers in a form of the
// application's own where a session could not be loaded or saved.
//
// # Users
//
// With [WithUsers] a row says whose it is: [Plugin.Sessions] lists a user's sessions, and
// [Plugin.End], [Plugin.EndOthers] and [Plugin.EndAll] end them. [WithUserLimit] bounds how many
// there are.
//
// # Outside of a request
//
// A [Plugin], which [New] makes, opens a session by its key ([Plugin.Open]), ends it, reads its
// row, and clears what has expired ([Plugin.ClearExpired]). Rows are of the model [Session], or of
// one of the application's own: see [WithModel]. [Migrate] makes the table, and [MigrationSQL] says
// how.
//
// # What is held
//
// A save is a compare-and-set on what was loaded. Where another request was quicker, what this one
// did is done again on what that one has left, in one transaction, so no update is lost; and a
// session that was deleted meanwhile stays deleted. A row is never upserted. An error never holds a
// key or a value: see the Err values for what each means, and how it is answered.
//
// # For adapters
//
// [Plugin.Adapter], [Carrier], [WithValue] and [State.Value] are for packages that bring sessions
// to a framework, or build on them, and for nobody else. This package knows no framework.
package gormsession
