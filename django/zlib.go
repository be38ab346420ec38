package django

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"sync"
)

var errTooLarge = errors.New("larger than 16 MiB")

// A compressor costs more than half a megabyte and a decompressor 40 kB, which
// is why they are kept from one session to the next.
var (
	deflaters = sync.Pool{New: func() any { return zlib.NewWriter(io.Discard) }}
	inflaters sync.Pool
)

// deflate compresses data at zlib's default level, like Django.
func deflate(data []byte) []byte {
	var packed bytes.Buffer
	w := deflaters.Get().(*zlib.Writer)
	defer deflaters.Put(w)
	w.Reset(&packed)
	// A write to a bytes.Buffer does not fail.
	_, _ = w.Write(data)
	_ = w.Close()
	return packed.Bytes()
}

// inflate is the reverse of deflate. It gives up as soon as the result is too
// large, whatever the stream goes on to say, and like Python's zlib it ignores
// what comes after the end of the stream.
func inflate(packed []byte) ([]byte, error) {
	var data bytes.Buffer
	src := bytes.NewReader(packed)
	r, ok := inflaters.Get().(io.ReadCloser)
	var err error
	if ok {
		err = r.(zlib.Resetter).Reset(src, nil)
	} else {
		r, err = zlib.NewReader(src)
	}
	if err != nil {
		return nil, err
	}
	defer inflaters.Put(r)
	if _, err := data.ReadFrom(io.LimitReader(r, maxPayload+1)); err != nil {
		return nil, err
	}
	if data.Len() > maxPayload {
		return nil, errTooLarge
	}
	return data.Bytes(), nil
}
