package djangotest

import (
	"strings"
	"testing"
)

// Paste pastes a text into the site's `manage.py shell`, as somebody does at a
// terminal, and returns what stands there in the end. What the shell cannot make sense
// of stands there too: nothing of it fails the test.
func (s *Site) Paste(tb testing.TB, text string) (screen string) {
	tb.Helper()
	cmd := s.script("terminal.py")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("djangotest: Django's shell ended with %v\n%s", err, out)
	}
	return string(out)
}
