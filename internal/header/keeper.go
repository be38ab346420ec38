package header

import (
	"net/http"
	"time"
)

// A Keeper is how the client of a request keeps the key of its session, and is told of it in the
// header h of the response.
type Keeper interface {
	// Set tells the key, for that many seconds from now.
	Set(h http.Header, r *http.Request, key string, seconds int64, now time.Time)
	// SetUntilClosed tells the key, for as long as the client runs.
	SetUntilClosed(h http.Header, r *http.Request, key string)
	// Delete has the client forget the key.
	Delete(h http.Header, r *http.Request)
}

// A Field is a field of the header by which clients without cookies bring their key, and are told
// of it. They are not told for how long, nor what they know.
type Field struct{ Name, Brought string }

// Set is SetUntilClosed.
func (f Field) Set(h http.Header, r *http.Request, key string, _ int64, _ time.Time) {
	f.SetUntilClosed(h, r, key)
}

// SetUntilClosed tells a key that the client has not brought.
func (f Field) SetUntilClosed(h http.Header, _ *http.Request, key string) {
	if key != f.Brought {
		h[f.Name] = []string{key}
	}
}

// Delete tells that there is no key.
func (f Field) Delete(h http.Header, _ *http.Request) { h[f.Name] = []string{""} }

// Nobody is the keeper where nobody can be told.
type Nobody struct{}

// Set tells nobody.
func (Nobody) Set(http.Header, *http.Request, string, int64, time.Time) {}

// SetUntilClosed tells nobody.
func (Nobody) SetUntilClosed(http.Header, *http.Request, string) {}

// Delete tells nobody.
func (Nobody) Delete(http.Header, *http.Request) {}
