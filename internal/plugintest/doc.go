// Package plugintest shows, by its tests alone, what GORM's plugins see of sessions. It is a module
// of its own, so that nobody who uses this one needs theirs.
package plugintest
