package passage

import (
	"context"
	"net/http"
	"slices"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/response"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// within is the request for those inside, in a context of ours.
func within(ctx context.Context, found *http.Request) *http.Request {
	if found.ContentLength < 0 && found.Trailer == nil {
		// The server puts a trailer that was not announced into the request that it knows: there has
		// to be a map that the copy shares.
		found.Trailer = http.Header{}
	}
	return found.WithContext(ctx)
}

// takeBack tells those outside what was found out inside, as it would be without a copy: the server
// removes the files of the form that it knows, and logs name the route and fields of the form.
func takeBack(found, inside *http.Request) {
	if found.MultipartForm == nil && inside.MultipartForm != nil {
		found.MultipartForm = inside.MultipartForm
	}
	if found.Form == nil && inside.Form != nil {
		found.Form, found.PostForm = inside.Form, inside.PostForm
	}
	if found.Pattern == "" && inside.Pattern != "" {
		found.Pattern = inside.Pattern
	}
}

// hide takes the key out of the request that a panic leaves behind: a recovery outside may print
// it, and whoever reads that log could use the key. So it does for the sessions inside that the
// panic has passed. The header is replaced, not changed, as others may hold it.
func hide(found *http.Request, v visit.Visit) {
	header, all := found.Header, hiddenIn(found)
	for _, plugin := range passedBy(v) {
		shown, hidden := plugin.Adapter().Hide(header)
		header, all = shown, response.Joined(all, hidden)
	}
	if len(all) == 0 {
		return
	}
	*found = *found.WithContext(context.WithValue(found.Context(), hiddenKey{}, all))
	found.Header = header
}

// passedBy are the plugins whose keys are to be hidden once a panic has passed a session.
func passedBy(v visit.Visit) []*gormsession.Plugin {
	if r, is := v.(*Run); is {
		return append(slices.Clip(r.passed), r.plugin)
	}
	return []*gormsession.Plugin{v.Plugin()}
}

// hiddenKey is where the context of a request has what hide has taken out of its header.
type hiddenKey struct{}

func hiddenIn(r *http.Request) http.Header {
	hidden, _ := r.Context().Value(hiddenKey{}).(http.Header)
	return hidden
}

// Shown is a request of those inside as it may be printed after a panic, by those who can still
// come by it: without the keys that were taken out of the one that Serve was given.
func Shown(inside, given *http.Request) *http.Request {
	ctx := inside.Context()
	if hidden := hiddenIn(given); hidden != nil {
		ctx = context.WithValue(ctx, hiddenKey{}, hidden)
	}
	shown := inside.WithContext(ctx)
	shown.Header = given.Header
	return shown
}

// asCame is the request with what was hidden, for a session that begins once more, for an error
// page.
func asCame(found *http.Request) *http.Request {
	hidden := hiddenIn(found)
	if hidden == nil {
		return found
	}
	came := found.WithContext(found.Context())
	came.Header = response.Joined(found.Header, hidden)
	return came
}
