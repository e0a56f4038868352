package seal

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// Reader opens a sealed document, from any position. It holds a segment in
// memory where it was read, and a second one once segments are asked for in their
// order: the next is opened while the one before is given out. It is safe for
// concurrent use; reads wait for one another.
type Reader struct {
	mu        sync.Mutex
	from      io.ReaderAt
	id        string
	size      int64
	opener    *opener
	data      associated // of the one opening that is under way at a time
	now, next segment
	ahead     sync.WaitGroup // has next
	expected  int64          // index of the segment that follows those asked for
	offset    int64          // of Read, Next and Seek
	abandoned bool
}

// segment is an opened one, or none while its plain bytes are nil.
type segment struct {
	memory *buffer
	index  int64
	plain  []byte // in memory
	err    error  // why there is none
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
	opener, err := newOpener(key, documentID)
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
	opened := &Reader{from: r, id: documentID, size: size, opener: opener, data: newAssociated(header, documentID)}
	if err := opened.open(segments(size) - 1); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	opened.expected = 0
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

// Next gives the bytes that follow the last read or Seek where they lie: at least
// one, at most so many, and none of a second segment. They are good until anything
// else is asked of the reader.
func (r *Reader) Next(most int64) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.opener == nil:
		return nil, r.closed()
	case r.offset >= r.size:
		return nil, io.EOF
	}
	index := r.offset / SegmentSize
	if err := r.open(index); err != nil {
		return nil, err
	}
	given := r.now.plain[r.offset-index*SegmentSize:]
	given = given[:min(most, int64(len(given)))]
	r.offset += int64(len(given))
	return given, nil
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

// Abandon lets the memory go at Close in place of using it again: for when
// somebody who was given bytes by Next may still be looking at them.
func (r *Reader) Abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandoned = true
}

// Close clears and gives back the memory. It does not close the reader
// underneath, of which nothing is asked any more.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ahead.Wait()
	if !r.abandoned {
		give(r.now.memory)
		give(r.next.memory)
	}
	r.now, r.next, r.opener = segment{}, segment{}, nil
	return nil
}

func (r *Reader) closed() error { return fmt.Errorf("sealed document %s is closed", r.id) }

func (r *Reader) readAt(p []byte, offset int64) (int, error) {
	if r.opener == nil {
		return 0, r.closed()
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
		n := copy(p[read:], r.now.plain[offset-index*SegmentSize:])
		read += n
		offset += int64(n)
	}
	if read < len(p) {
		return read, io.EOF
	}
	return read, nil
}

// open brings a segment to where it is given out from, or nothing when it is
// damaged.
func (r *Reader) open(index int64) error {
	if r.now.has(index) {
		return nil
	}
	r.ahead.Wait()
	if r.next.has(index) || r.next.err != nil && r.next.index == index {
		r.now, r.next = r.next, r.now
	} else {
		r.fill(&r.now, index)
	}
	r.next.plain, r.next.err = nil, nil
	if r.now.err != nil {
		return r.now.err
	}
	if index == r.expected && index+1 < segments(r.size) {
		r.ahead.Go(func() { r.fill(&r.next, index+1) })
	}
	r.expected = index + 1
	return nil
}

func (s *segment) has(index int64) bool { return s.plain != nil && s.index == index }

// fill reads a segment and opens it where it lies.
func (r *Reader) fill(s *segment, index int64) {
	if s.memory == nil {
		s.memory = take()
	}
	s.index, s.plain, s.err = index, nil, nil
	sealed := s.memory[:r.length(index)+overhead]
	if err := readFull(r.from, sealed, HeaderSize+index*(SegmentSize+overhead)); err != nil {
		s.err = fmt.Errorf("cannot read segment %d of sealed document %s: %w", index, r.id, err)
		return
	}
	last := index == segments(r.size)-1
	plain, err := r.opener.open(sealed, r.data.at(index, last))
	if err != nil {
		s.err = fmt.Errorf("%w: segment %d of %s does not open; restore it from a backup", ErrDamaged, index, r.id)
		return
	}
	s.plain = plain
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
