// Package header reads and writes what a session has to do with in the header of a request and of
// its response: the cookie, Vary and Cache-Control. It knows neither sessions nor databases.
package header
