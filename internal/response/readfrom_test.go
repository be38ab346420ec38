package response

import (
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// reading is a writer beneath that can read a body itself, and notes how much it has.
type reading struct {
	*httptest.ResponseRecorder
	n int64
}

func (r *reading) ReadFrom(from io.Reader) (n int64, err error) {
	n, err = io.Copy(r.ResponseRecorder, from)
	r.n += n
	return n, err
}

// A body that fits is held; of one that does not the header leaves, and the rest is read beneath.
// All of it counts, and what was written before is held with it.
func TestReadFrom(t *testing.T) {
	for _, test := range []struct {
		before, body string
		held         bool
		beneath      int64
	}{
		{"", "0123456789abcdef", true, 0}, {"", "0123456789abcdefg", false, 0},
		{"", "0123456789abcdefghij", false, 3}, {"0123", "456789abcdef", true, 0},
		{"0123", "456789abcdefghij", false, 3}, {"0123456789abcdefghij", "klm", false, 3},
		{"", "", true, 0},
	} {
		beneath, h := &reading{ResponseRecorder: httptest.NewRecorder()}, &hooks{}
		w := &Writer{}
		h.w = w
		w.Hold(beneath, http.StatusOK, 16, h)
		write(t, w, test.before)
		n, err := w.ReadFrom(struct{ io.Reader }{strings.NewReader(test.body)})
		if n != int64(len(test.body)) || err != nil {
			t.Errorf("%q: read %d, %v, decisions %v", test.body, n, err, h.decisions)
		}
		if (len(h.decisions) == 0) != test.held || beneath.n != test.beneath {
			t.Errorf("%q: decisions %v, %d bytes were read beneath", test.body, h.decisions, beneath.n)
		}
		if all := test.before + test.body; w.Size() != len(all) {
			t.Errorf("%q: the size is %d", all, w.Size())
		}
		w.Finish()
		if got := beneath.Body.String(); got != test.before+test.body {
			t.Errorf("%q went out as %q", test.before+test.body, got)
		}
	}
}

// The largest limit that there is holds every body.
func TestReadFromWithoutALimit(t *testing.T) {
	beneath, h := httptest.NewRecorder(), &hooks{}
	w := &Writer{}
	h.w = w
	w.Hold(beneath, http.StatusOK, math.MaxInt, h)
	if n, err := w.ReadFrom(strings.NewReader("body")); n != 4 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	if got := beneath.Body.String(); got != "" || len(h.decisions) != 0 {
		t.Errorf("%q went out, decisions %v", got, h.decisions)
	}
	w.Finish()
	if got := beneath.Body.String(); got != "body" || len(h.decisions) != 1 {
		t.Errorf("%q went out, decisions %v", got, h.decisions)
	}
}

// What is not written is told as by Write: of a commit that failed, of a response that is over, and
// where there is no body.
func TestReadFromRefused(t *testing.T) {
	long := strings.Repeat("x", 100)
	for name, test := range map[string]struct {
		begin func(w *Writer, h *hooks)
		body  string
		err   error
	}{
		"commit fails":  {func(_ *Writer, h *hooks) { h.err = errCommit }, long, errCommit},
		"it has failed": {func(w *Writer, h *hooks) { h.err = errCommit; w.Flush() }, "x", errCommit},
		"no content":    {func(w *Writer, _ *hooks) { w.WriteHeader(204) }, "x", http.ErrBodyNotAllowed},
		"complete": {func(w *Writer, h *hooks) {
			w.Finish()
			w.HoldLate(w.Unwrap(), 404, h, func() {})
		}, "x", errComplete},
		"over": {func(w *Writer, _ *hooks) { w.End() }, "x", errEnded},
	} {
		t.Run(name, func(t *testing.T) {
			beneath, h := httptest.NewRecorder(), &hooks{}
			w := &Writer{}
			h.w = w
			w.Hold(beneath, http.StatusOK, 16, h)
			test.begin(w, h)
			if _, err := w.ReadFrom(strings.NewReader(test.body)); !errors.Is(err, test.err) {
				t.Errorf("ReadFrom: %v, not %v", err, test.err)
			}
			if strings.Contains(beneath.Body.String(), "x") {
				t.Errorf("went out: %q", beneath.Body)
			}
		})
	}
}
