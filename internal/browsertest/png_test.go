package browsertest

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// withText puts a comment into a PNG, which no viewer shows: a tEXt chunk before its last one.
func withText(picture []byte, text string) []byte {
	const last = 12 // the length of IEND
	chunk := append([]byte("tEXt"), "Comment\x00"+text...)
	length := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4))
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk))
	end := len(picture) - last
	return slices.Concat(picture[:end], length, chunk, sum, picture[end:])
}
