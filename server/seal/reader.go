package seal

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Reader opens a sealed document, from any position. It holds two segments in
// memory and is safe for concurrent use; reads wait for one another.
type Reader struct {
	mu     sync.Mutex
	from   io.ReaderAt
	id     string
	size   int64
	aead   cipher.AEAD
	data   associated
	plain  *buffer
	sealed *buffer
	opened int64 // index of the segment in plain, or -1
	offset int64 // of Read and Seek
}

var (
	_ io.ReadSeeker = (*Reader)(nil)
	_ io.ReaderAt   = (*Reader)(nil)
	_ io.Closer     = (*Reader)(nil)
)

// NewReader opens the last segment at once: so Size is authentic, and a wrong
// key, another document's bytes, or a document cut or grown is ErrDamaged here,
// before anything is given out. The caller may clear the key at once.
func NewReader(r io.ReaderAt, sealedSize int64, key []byte, documentID string) (*Reader, error) {
	aead, err := newAEAD(key, documentID)
	if err != nil {
		return nil, err
	}
	header, err := readHeader(r, sealedSize)
	if err != nil {
		return nil, fmt.Errorf("cannot open sealed document %s: %w", documentID, err)
	}
	size, err := PlainSize(sealedSize)
	if err != nil {
		return nil, fmt.Errorf("cannot open sealed document %s: %w", documentID, err)
	}
	opened := &Reader{
		from: r, id: documentID, size: size, aead: aead, data: newAssociated(header, documentID),
		plain: take(), sealed: take(), opened: -1,
	}
	if err := opened.open(segments(size) - 1); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return opened, nil
}

func readHeader(r io.ReaderAt, sealedSize int64) ([]byte, error) {
	header := make([]byte, HeaderSize)
	if sealedSize < HeaderSize {
		return nil, fmt.Errorf("%w: %d bytes hold no header", ErrDamaged, sealedSize)
	}
	if err := readFull(r, header, 0); err != nil {
		return nil, err
	}
	return header, checkHeader(header)
}

// Size is the length of the document.
func (r *Reader) Size() int64 { return r.size }

// ReadAt gives the document's bytes from an offset on.
func (r *Reader) ReadAt(p []byte, offset int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if offset < 0 {
		return 0, errors.New("a document has no bytes before its first")
	}
	return r.readAt(p, offset)
}

// Read gives the bytes that follow the last read or Seek.
func (r *Reader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	n, err := r.readAt(p, r.offset)
	r.offset += int64(n)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// WriteNext writes bytes that follow the last read or Seek, at most n and not
// beyond the end of their segment, without copying them first.
func (r *Reader) WriteNext(w io.Writer, n int64) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.aead == nil {
		return 0, fmt.Errorf("sealed document %s is closed", r.id)
	}
	if r.offset >= r.size {
		return 0, io.EOF
	}
	index := r.offset / SegmentSize
	if err := r.open(index); err != nil {
		return 0, err
	}
	from := r.offset - index*SegmentSize
	written, err := w.Write(r.plain[from:min(from+n, r.length(index))])
	r.offset += int64(written)
	return int64(written), err
}

// Seek sets where the next Read begins.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.size
	default:
		return 0, fmt.Errorf("%d is no point to seek from", whence)
	}
	if offset < 0 {
		return 0, errors.New("cannot seek before a document's first byte")
	}
	r.offset = offset
	return offset, nil
}

// Close clears and gives back the memory. It does not close the reader underneath.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	give(r.plain)
	give(r.sealed)
	r.plain, r.sealed, r.aead, r.opened = nil, nil, nil, -1
	return nil
}

func (r *Reader) readAt(p []byte, offset int64) (int, error) {
	if r.aead == nil {
		return 0, fmt.Errorf("sealed document %s is closed", r.id)
	}
	if offset >= r.size {
		return 0, io.EOF
	}
	read := 0
	for read < len(p) && offset < r.size {
		index := offset / SegmentSize
		if err := r.open(index); err != nil {
			return read, err
		}
		n := copy(p[read:], r.plain[offset-index*SegmentSize:r.length(index)])
		read += n
		offset += int64(n)
	}
	if read < len(p) {
		return read, io.EOF
	}
	return read, nil
}

// open puts a segment into plain, or nothing when it is damaged.
func (r *Reader) open(index int64) error {
	if r.opened == index {
		return nil
	}
	r.opened = -1
	sealed := r.sealed[:r.length(index)+overhead]
	if err := readFull(r.from, sealed, HeaderSize+index*(SegmentSize+overhead)); err != nil {
		return fmt.Errorf("cannot read segment %d of sealed document %s: %w", index, r.id, err)
	}
	last := index == segments(r.size)-1
	if _, err := r.aead.Open(r.plain[:0], nil, sealed, r.data.at(index, last)); err != nil {
		return fmt.Errorf("%w: segment %d of %s does not open; restore it from a backup", ErrDamaged, index, r.id)
	}
	r.opened = index
	return nil
}

// length is how many bytes of the document a segment holds.
func (r *Reader) length(index int64) int64 {
	return min(SegmentSize, r.size-index*SegmentSize)
}

// readFull fills p; bytes that are missing are damage, not a fault of reading.
func readFull(r io.ReaderAt, p []byte, offset int64) error {
	n, err := r.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %d bytes are missing at %d", ErrDamaged, len(p)-n, offset+int64(n))
	}
	return err
}
