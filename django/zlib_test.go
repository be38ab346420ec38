package django

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"runtime"
	"testing"
)

// bomb is a valid stream of 1 GiB of zeros in about 1 MB. One block, compressed
// once, is repeated, and the checksum of zeros is known: it would take seconds
// to compress them all.
func bomb(t *testing.T) []byte {
	t.Helper()
	const blocks = 1024
	block := make([]byte, 1<<20)
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	var ends [2]int
	for i := range ends {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		ends[i] = packed.Len()
	}
	repeated := bytes.Clone(packed.Bytes()[ends[0]:ends[1]])
	for range blocks - 2 {
		packed.Write(repeated)
	}
	packed.Write([]byte{1, 0, 0, 0xff, 0xff}) // the last block, empty
	// Adler-32 of n zeros: n modulo 65521 in the upper half, 1 in the lower.
	sum := uint32(blocks*len(block)%65521)<<16 | 1
	return binary.BigEndian.AppendUint32(packed.Bytes(), sum)
}

func TestZlibBomb(t *testing.T) {
	codec := mustCodec(t, Config{SecretKey: testSecret})
	packed := bomb(t)
	if len(packed) > 1<<21 {
		t.Fatalf("the bomb has %d bytes", len(packed))
	}
	text := codec.signer.sign("." + base64.RawURLEncoding.EncodeToString(packed) + ":1r31eq")

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := codec.Decode("", text)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrUndecodable) || !errors.Is(err, errTooLarge) {
		t.Errorf("%v; want ErrUndecodable", err)
	}
	used := after.TotalAlloc - before.TotalAlloc
	t.Logf("a bomb of %d bytes made Decode allocate %d bytes in all", len(packed), used)
	// All that was ever allocated bounds what was held at once. The race detector's
	// allocations are larger; the bomb has 1024 MiB.
	if used > 256<<20 {
		t.Errorf("Decode allocated %d MiB", used>>20)
	}
}

// A bomb that nobody signed is not even looked into.
func TestUnsignedBomb(t *testing.T) {
	codec := mustCodec(t, Config{SecretKey: testSecret})
	text := mustCodec(t, Config{SecretKey: "another"}).signer.sign("." +
		base64.RawURLEncoding.EncodeToString(bomb(t)) + ":1r31eq")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := codec.Decode("", text)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrBadSignature) {
		t.Errorf("%v; want ErrBadSignature", err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("Decode allocated %d MiB", used>>20)
	}
}

func TestInflateTheWholeStream(t *testing.T) {
	data := bytes.Repeat([]byte(`{"a":"b"}`), 100)
	packed := deflate(data)
	for range 2 { // the second time with a used decompressor
		if got, err := inflate(append(bytes.Clone(packed), "trailing"...)); err != nil ||
			!bytes.Equal(got, data) {
			t.Errorf("with bytes after the end: %q, %v", got, err)
		}
		if got, err := inflate(packed[:len(packed)-1]); err == nil {
			t.Errorf("without the last byte: %q", got)
		}
		if got, err := inflate(nil); err == nil {
			t.Errorf("nothing: %q", got)
		}
	}
}
