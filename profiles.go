package gormsession

import "time"

// WithAbsoluteLifetime bounds the whole life of a session, however often it is used: it ends that
// long after it was first saved, or after its user's last [State.LogIn], which begins it anew. The
// lifetime of [WithLifetime], which each save renews, goes on to end what is idle; whichever is
// over first ends the session, as does an earlier end of [State.SetExpiry]. It is kept in the entry
// _session_start, so that Django's table has it too, and bounds expire_date. Sessions from before
// the option begin with their next save, or renewal. The default, and 0, is no bound.
func WithAbsoluteLifetime(d time.Duration) Option {
	return func(o *options) { o.lives.Absolute = d }
}

// AAL1 is the limit that NIST SP 800-63B-4 (2.1.3) has for the assurance level 1: users log in
// again after 30 days at most.
func AAL1() Option { return WithAbsoluteLifetime(30 * 24 * time.Hour) }

// AAL2 are the limits that NIST SP 800-63B-4 (2.2.3) has for the assurance level 2: users log in
// again after 24 hours, or after one hour without a request. The cookie ends with the browser.
func AAL2() Option { return strict(time.Hour, 24*time.Hour) }

// AAL3 are the limits that NIST SP 800-63B-4 (2.3.3) has for the assurance level 3: users log in
// again after 12 hours, or after 15 minutes without a request. The cookie ends with the browser.
func AAL3() Option { return strict(15*time.Minute, 12*time.Hour) }

// Bank are the limits that OWASP's cheat sheet on session management has for what is of high value:
// users log in again after 8 hours, or after 5 minutes without a request. The cookie ends with the
// browser.
func Bank() Option { return strict(5*time.Minute, 8*time.Hour) }

// strict ends what is idle to the second, at the price of an UPDATE and a cookie in each second in
// which a session is used.
func strict(idle, absolute time.Duration) Option {
	return WithOptions(WithLifetime(idle), WithExpiryStep(time.Second), WithRolling(),
		WithAbsoluteLifetime(absolute), WithBrowserSession())
}

// WithNoStore answers with Cache-Control: no-store, in the place of private, what depends on the
// session of a user who has logged in, unless the handler says something else there: then no cache
// keeps it, and a page that the browser loads again shows nothing of it after the logout. What its
// Back button brings back from memory is the browser's to decide: Chromium keeps pages that are
// no-store there, and drops most of them, but not all, when the cookie goes. It is for users of
// [State.LogIn], and for those that Django has logged in.
func WithNoStore() Option { return func(o *options) { o.noStore = true } }

// WithClearSiteData has a logout, and a login over another user's session, answered with
// Clear-Site-Data: "cache", "storage", unless the status is 500 and up. By it
// browsers drop what the site has stored, of which there may be more than this application's. They
// heed it over TLS alone, and it may take them seconds.
func WithClearSiteData() Option { return func(o *options) { o.clearSiteData = true } }

// Production are the settings for a site that is reached over TLS alone: a cookie __Host-session,
// which no other host can set and which is always Secure; 30 days at most between two logins; and
// [WithNoStore]. Options that follow it change what they say.
func Production() Option {
	return WithOptions(WithCookieName("__Host-session"), WithSecure(true),
		WithAbsoluteLifetime(30*24*time.Hour), WithNoStore())
}
