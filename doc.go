// Package gormsession keeps server-side web sessions in the application's own database, through
// GORM, with the semantics of Django's database sessions.
//
// With Gin, use package ginsession, which needs two lines:
//
//	r.Use(ginsession.New(db))           // db is the application's *gorm.DB
//	ginsession.Get(c).Set("k", "v")     // in a handler
//
// Package httpsession is the same for net/http, and for whatever takes its middleware:
//
//	session := httpsession.New(db)      // session(mux) is the handler to serve
//	httpsession.Get(r).Set("k", "v")    // in a handler
//
// Package echosession, a module of its own, is the same for Echo 5.
//
// # In a handler
//
// A [State] is the session of the request: it is loaded when it is first looked at, and saved once
// the handler has returned. Values are read and written by name, or typed, by a [Field]. CycleKey
// belongs to each login, Flush to the logout.
//
// # Outside of a request
//
// A [Plugin], which [New] makes, opens a session by its key, ends it, reads its row, and clears
// what has expired. Rows are of the model [Session], or of one of the application's own: see
// [WithModel].
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
// to a framework, or build on them. This package knows no framework.
package gormsession
