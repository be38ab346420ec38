package django

import "github.com/seed7368b609/gormsession"

// The entry by which Django finds out if a browser takes cookies.
const (
	testCookieEntry = "testcookie"
	testCookieValue = "worked"
)

// SetTestCookie starts a test of whether the browser takes cookies: the next
// request can tell, on either side.
func SetTestCookie(s *gormsession.State) { s.Set(testCookieEntry, testCookieValue) }

// TestCookieWorked reports whether the browser has brought the cookie back.
func TestCookieWorked(s *gormsession.State) bool {
	return s.Get(testCookieEntry) == testCookieValue
}

// DeleteTestCookie removes what SetTestCookie has set. There may be none, unlike in
// Django.
func DeleteTestCookie(s *gormsession.State) { s.Delete(testCookieEntry) }
