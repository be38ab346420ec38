// Package browsertest shows, by its tests alone, what a real browser makes of sessions: Debian's
// Chromium, which chromedp drives, on the example application and on small sites. It is a module of
// its own, so that nobody who uses this one loads either.
package browsertest
