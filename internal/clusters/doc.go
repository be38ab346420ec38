// Package clusters has tests alone: sessions on databases of several servers, some of which fail,
// lag, or change their parts, while clients are at work. They start the servers themselves, and
// take minutes, so they run by `make clusters` alone. docs/scaling.md says what they have shown.
package clusters
