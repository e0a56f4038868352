package seal

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
)

// errFinished answers a write after Close or Discard.
var errFinished = errors.New("the sealing is finished")

// unknown is the size of a document that says only with its end how long it is.
const unknown = -1

// Writer seals one document, in one pass or, with Resume, in several. It holds
// two segments in memory.
type Writer struct {
	out    io.Writer
	aead   cipher.AEAD
	data   associated
	id     string
	plain  *buffer
	sealed *buffer
	filled int // bytes in plain
	index  int64
	size   int64    // of the whole document, or unknown
	tail   []Record // what of plain is sealed as records
	err    error    // the first failure, then every later answer
}

// NewWriter writes the header to w and seals what is written after it. The key
// must be the document's own and fresh; the caller may clear it at once.
//
// Close ends the document. A document that did not arrive whole must be
// discarded instead: closed, it would be a good sealing of its first part.
func NewWriter(w io.Writer, key []byte, documentID string) (*Writer, error) {
	return newWriter(w, key, documentID, Begin(unknown))
}

func newWriter(w io.Writer, key []byte, documentID string, from Progress) (*Writer, error) {
	aead, err := newAEAD(key, documentID)
	if err != nil {
		return nil, err
	}
	index := from.whole()
	if index == 0 {
		if _, err := w.Write(from.Header); err != nil {
			return nil, fmt.Errorf("cannot write the header of sealed document %s: %w", documentID, err)
		}
	}
	return &Writer{
		out: w, aead: aead, data: newAssociated(from.Header, documentID), id: documentID,
		plain: take(), sealed: take(), index: index, size: from.Size,
	}, nil
}

// Write seals a segment whenever more than a whole one has come: the last one
// is sealed as such, by Close.
func (w *Writer) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 && w.err == nil {
		if w.filled == SegmentSize {
			w.flush(false)
			continue
		}
		n := copy(w.plain[w.filled:SegmentSize], p)
		written += n
		p = p[n:]
		w.took(n)
	}
	return written, w.err
}

// ReadFrom reads straight into the segment that is being filled. It returns
// what reading r failed with; a failure to seal or to write is also Err.
func (w *Writer) ReadFrom(r io.Reader) (read int64, err error) {
	for w.err == nil {
		if w.filled == SegmentSize {
			// More may come or not, and only the last segment is sealed as such.
			n, err := w.readOne(r)
			read += int64(n)
			if n == 0 {
				return read, ended(err)
			}
			continue
		}
		n, err := r.Read(w.plain[w.filled:SegmentSize])
		read += int64(n)
		w.took(n)
		if err != nil {
			return read, errors.Join(w.err, ended(err))
		}
	}
	return read, w.err
}

// readOne takes the first byte after a segment that is full.
func (w *Writer) readOne(r io.Reader) (int, error) {
	var next [1]byte
	n, err := io.ReadFull(r, next[:])
	if n == 1 {
		_, err = w.Write(next[:])
	}
	return n, err
}

func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// took counts what has come into plain. Where the document's size is known, a
// full segment that is not its last need not wait for the next byte.
func (w *Writer) took(n int) {
	w.filled += n
	switch at := w.position(); {
	case w.size == unknown:
	case at > w.size:
		w.err = fmt.Errorf("sealed document %s takes %d bytes and no more", w.id, w.size)
	case w.filled == SegmentSize && at < w.size:
		w.flush(false)
	}
}

// position is how many bytes of the document have come.
func (w *Writer) position() int64 { return w.index*SegmentSize + int64(w.filled) }

// Err is what sealing or writing has failed with, after which nothing more is
// taken.
func (w *Writer) Err() error { return w.err }

// Close seals the last segment. It does not close the writer underneath.
func (w *Writer) Close() error {
	if w.err == nil && w.size != unknown && w.position() != w.size {
		w.err = fmt.Errorf("sealed document %s has %d of %d bytes", w.id, w.position(), w.size)
	}
	if w.err == nil {
		w.flush(true)
	}
	err := w.err
	w.Discard()
	return err
}

// Discard ends without the last segment: what was written opens as nothing.
// After Close it does nothing.
func (w *Writer) Discard() {
	give(w.plain)
	give(w.sealed)
	w.plain, w.sealed, w.aead = nil, nil, nil
	if w.err == nil {
		w.err = errFinished
	}
}

func (w *Writer) flush(last bool) {
	if !last && w.position() == w.size {
		w.err = fmt.Errorf("sealed document %s takes %d bytes and no more", w.id, w.size)
		return
	}
	if w.index == maxSegments {
		w.err = fmt.Errorf("a data key seals at most %d segments", int64(maxSegments))
		return
	}
	sealed := w.aead.Seal(w.sealed[:0], nil, w.plain[:w.filled], w.data.at(w.index, last))
	if _, err := w.out.Write(sealed); err != nil {
		w.err = fmt.Errorf("cannot write segment %d of a sealed document: %w", w.index, err)
		return
	}
	w.index++
	w.filled, w.tail = 0, nil
}
