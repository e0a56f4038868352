// Package seal is the format in which documents rest: docs/format.md, version 1.
//
// A sealed document is a header and then segments of one MiB, each sealed with
// AES-256-GCM under the document's own data key with a random 96-bit nonce
// that is stored with it. What a segment is sealed with besides its bytes (the
// header, its index, whether it is the last, and the document's id) makes any
// truncation, reordering or exchange fail before a byte of that segment is
// given out.
//
// No (key, nonce) pair seals two plaintexts: a nonce is drawn from 2^96 for
// each segment, never derived from a position, so that even a segment sent
// again, or a key used by two writers by mistake, gets a fresh one. A document
// of 2 GB has 1,908 segments; that two of them share a nonce has a
// probability below 2^-75. The writer stops at 2^32 segments a key.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	// KeySize is the length of a document's data key in bytes.
	KeySize = 32
	// SegmentSize is how many bytes of the document one segment holds; the
	// last may hold fewer.
	SegmentSize = 1 << 20
	// HeaderSize is how many bytes precede the first segment.
	HeaderSize = 32

	magic       = "VOUTEDOC"
	version     = 1
	suite       = 1  // AES-256-GCM, random 96-bit nonce before each segment
	overhead    = 28 // nonce and tag
	nonceSize   = 12
	maxID       = 255
	maxSegments = 1 << 32
	tailFlag    = 2 // where a segment has 0, or 1 if it is the last
)

var (
	// ErrDamaged means that bytes are not those that were sealed under this
	// key for this document: changed, moved, cut off, or another document's.
	ErrDamaged = errors.New("the sealed document is damaged")
	// ErrFormat means that the bytes do not begin like a sealed document of a
	// version this program knows.
	ErrFormat = errors.New("not a sealed document of a known version")
)

// SealedSize is the length of a sealed document, from that of the document.
func SealedSize(plain int64) int64 {
	return HeaderSize + plain + overhead*segments(plain)
}

// PlainSize is the length of a document, from that of the sealed one.
func PlainSize(sealed int64) (int64, error) {
	body := sealed - HeaderSize
	if body < overhead {
		return 0, fmt.Errorf("%w: %d bytes are too few for one", ErrDamaged, sealed)
	}
	count := (body + SegmentSize + overhead - 1) / (SegmentSize + overhead)
	plain := body - overhead*count
	if plain < 0 || count > maxSegments || segments(plain) != count {
		return 0, fmt.Errorf("%w: no document seals to %d bytes", ErrDamaged, sealed)
	}
	return plain, nil
}

// segments is how many segments a document has: at least one, so that an empty
// document is authenticated too.
func segments(plain int64) int64 {
	return max(1, (plain+SegmentSize-1)/SegmentSize)
}

// newAEAD draws the nonces itself: no nonce passes through this package.
func newAEAD(key []byte, documentID string) (cipher.AEAD, error) {
	block, err := newCipher(key, documentID)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func newCipher(key []byte, documentID string) (cipher.Block, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("a data key has %d bytes, not %d", KeySize, len(key))
	}
	if documentID == "" || len(documentID) > maxID {
		return nil, fmt.Errorf("a document's id has 1 to %d bytes, not %d", maxID, len(documentID))
	}
	return aes.NewCipher(key)
}

// opener opens a segment where it lies, which newAEAD's cipher would copy for
// it. It cannot seal.
type opener struct{ gcm cipher.AEAD }

func newOpener(key []byte, documentID string) (*opener, error) {
	block, err := newCipher(key, documentID)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	return &opener{gcm}, err
}

func (o *opener) open(sealed, data []byte) (plain []byte, err error) {
	nonce, rest := sealed[:nonceSize], sealed[nonceSize:]
	return o.gcm.Open(rest[:0], nonce, rest, data)
}

// associated is what a segment is bound to.
type associated []byte

// newAssociated leaves room for the index and the last flag, which at sets.
func newAssociated(header []byte, documentID string) associated {
	data := make(associated, HeaderSize+9, HeaderSize+9+len(documentID))
	copy(data, header)
	return append(data, documentID...)
}

func (a associated) at(index int64, last bool) []byte {
	binary.BigEndian.PutUint64(a[HeaderSize:], uint64(index))
	a[HeaderSize+8] = 0
	if last {
		a[HeaderSize+8] = 1
	}
	return a
}

// tail is what a record of the tail is bound to: no segment has this flag.
func (a associated) tail(start int64) []byte {
	binary.BigEndian.PutUint64(a[HeaderSize:], uint64(start))
	a[HeaderSize+8] = tailFlag
	return a
}
