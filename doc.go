// Package gormsession keeps server-side web sessions in the application's own database, through
// GORM, with the semantics of Django's database sessions.
//
// With Gin, use package ginsession, which needs two lines:
//
//	r.Use(ginsession.New(db))           // db is the application's *gorm.DB
//	ginsession.Get(c).Set("k", "v")     // in a handler
//
// This package is what is behind it, and knows no framework: the options, the [State] that a
// handler works with, typed entries ([Field]), and the [Plugin], which takes a session through a
// request and also opens sessions where there is none.
//
// A save is a compare-and-set on what was loaded. Where another request was quicker, what this one
// did is done again on what that one has left, in one transaction, so no update is lost; and a
// session that was deleted meanwhile stays deleted. A row is never upserted.
package gormsession
