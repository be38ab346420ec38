package contender

import (
	"maps"
	"slices"
	"strings"
)

// Work is what the requests of a measured cell ask for.
type Work string

// The kinds of work. Sessions hold two numbers, uid and n, and a text of the size that is measured.
const (
	Untouched Work = "untouched"    // with a cookie; the session is left alone
	Create    Work = "create"       // without a cookie; sets the three entries
	Read      Work = "read"         // with a cookie; gets uid
	ReadWrite Work = "read + write" // with a cookie; gets n and sets it to one more
	Modify    Work = "Field.Modify" // as ReadWrite, by an exact count where there is one
	Mix       Work = "mix"          // of 100 requests 90 are Read, 9 ReadWrite and 1 Create
)

// Path is the path of a request for the work, which is not [Mix].
func (w Work) Path(size string) string {
	switch w {
	case Create:
		return "/create/" + size
	case ReadWrite:
		return "/write"
	case Modify:
		return "/modify"
	}
	return "/" + string(w)
}

// At is the work of the i-th request.
func (w Work) At(i int) Work {
	if w != Mix {
		return w
	}
	switch i %= 100; {
	case i == 50:
		return Create
	case i%11 == 5: // nine of a hundred
		return ReadWrite
	}
	return Read
}

// Creates tells whether the work makes rows.
func (w Work) Creates() bool { return w == Create || w == Mix }

// entriesPath shows the entries of a session, so that what is measured can be seen to be so.
const entriesPath = "/entries"

// uid is the entry that says whose session it is.
const uid = 1001

var texts = map[string]string{"200B": text(150), "4KB": text(4000), "64KB": text(64000)}

// Sizes lists the sizes of a session, as stored and about.
var Sizes = slices.SortedFunc(maps.Keys(texts), func(a, b string) int {
	return len(texts[a]) - len(texts[b])
})

// text returns n letters that do not compress well.
func text(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(Key(i))
	}
	return b.String()[:n]
}
