package response

import (
	"io"
	"math"
)

// ReadFrom holds what it reads, as Write does, until the response has to leave. The rest is for the
// writer beneath to read: a server may have the system send a file.
func (w *Writer) ReadFrom(from io.Reader) (n int64, err error) {
	if w.phase != sent {
		room := min(int64(w.limit-len(w.body)), math.MaxInt64-1)
		n, err = io.CopyN(justWriter{w}, from, room+1)
		if err == io.EOF { // all of it is held
			return n, nil
		}
	}
	if err == nil {
		_, err = w.keep(0)
	}
	if err != nil {
		return n, err
	}
	rest, err := io.Copy(w.inner, from)
	w.size += int(rest)
	return n + rest, err
}

// justWriter is a writer that can do no more than Write.
type justWriter struct{ io.Writer }
