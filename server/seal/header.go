package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// newHeader draws a file id, so that segments of two sealings of one document
// under one key cannot be exchanged either.
func newHeader() []byte {
	header := make([]byte, HeaderSize)
	copy(header, magic)
	binary.BigEndian.PutUint16(header[8:], version)
	header[10] = suite
	binary.BigEndian.PutUint32(header[12:], SegmentSize)
	rand.Read(header[16:])
	return header
}

func checkHeader(header []byte) error {
	if !bytes.HasPrefix(header, []byte(magic)) {
		return fmt.Errorf("%w: it does not begin with %s", ErrFormat, magic)
	}
	if v := binary.BigEndian.Uint16(header[8:]); v != version {
		return fmt.Errorf("%w: version %d; open it with a server that knows it", ErrFormat, v)
	}
	size := binary.BigEndian.Uint32(header[12:])
	if header[10] != suite || header[11] != 0 || size != SegmentSize {
		return fmt.Errorf("%w: suite %d, flags %d, segments of %d bytes", ErrFormat, header[10], header[11], size)
	}
	return nil
}
