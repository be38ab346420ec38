package browsertest

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
)

// console is what the browser complains of in a tab: on its console, in its log, and among the
// issues that it sees, such as a cookie that it does not keep.
type console struct {
	mu       sync.Mutex
	said     []string
	expected []string
}

// expect says that a complaint with this in it is part of the test.
func (c *console) expect(part string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expected = append(c.expected, part)
}

// check fails the test for each complaint that nobody expects, and for each that does not come.
func (c *console) check(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	came := map[string]bool{}
	for _, line := range c.said {
		known := false
		for _, part := range c.expected {
			if strings.Contains(line, part) {
				known, came[part] = true, true
			}
		}
		if !known {
			t.Errorf("the browser complains: %s", line)
		}
	}
	for _, part := range c.expected {
		if !came[part] && !t.Failed() {
			t.Errorf("the browser does not complain of %q", part)
		}
	}
}

func (c *console) hear(event any) {
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if strings.HasSuffix(e.Entry.URL, "/favicon.ico") {
			return // which nobody has asked for but the browser
		}
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			c.note("%s, %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError ||
			e.Type == runtime.ConsoleAPICalledTypeWarning {
			c.note("console, %s: %s", e.Type, text(e.Args))
		}
	case *runtime.EventExceptionThrown:
		c.note("exception: %s", text(e.ExceptionDetails))
	case *audits.EventIssueAdded:
		if e.Issue.Code != audits.InspectorIssueCodePerformanceIssue { // it is the tests' scripts'
			c.note("issue: %s", text(e.Issue))
		}
	}
}

func (c *console) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, fmt.Sprintf(format, args...))
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
