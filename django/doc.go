// Package django shares live sessions with an unmodified Django: the same
// table, the same encoding, the same keys and the same cookie, so that a user
// who logs in on one side is logged in on the other and a site can move to Go
// one URL at a time.
//
//	r.Use(ginsession.New(db, django.Compatible(django.Config{SecretKey: secretKey})))
//	account := r.Group("/account", django.RequireLogin(findUser))
//
// [Compatible] is all that sessions need. [Login], [Logout] and [RequireLogin] are
// the login of django.contrib.auth, by Django's rules: a password that is changed on
// either side ends the user's other sessions on both. The file docs/django.md goes
// through the move of a site step by step, to [MoveToHashed], which leaves Django's
// table.
//
// What Django does was measured on 3.2, 4.2, 5.2 and 6.1; where these differ,
// 6.1 is followed.
package django
