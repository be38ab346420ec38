// Package comparison shows, by its tests alone, what docs/comparison.md says of the libraries that
// run here: each of them on a database of its own, asked for the same things over HTTP.
package comparison
