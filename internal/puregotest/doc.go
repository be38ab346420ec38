// Package puregotest holds SQLite without C to what is shown on SQLite with it. It is a module of
// its own: the driver is no dependency of the library's.
package puregotest
