package seal

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
)

// errFinished answers a write after Close or Discard.
var errFinished = errors.New("the sealing is finished")

// Writer seals one document in one pass. It holds two segments in memory.
type Writer struct {
	out    io.Writer
	aead   cipher.AEAD
	data   associated
	plain  *buffer
	sealed *buffer
	filled int // bytes in plain
	index  int64
	err    error // the first failure, then every later answer
}

// NewWriter writes the header to w and seals what is written after it. The key
// must be the document's own and fresh; the caller may clear it at once.
//
// Close ends the document. A document that did not arrive whole must be
// discarded instead: closed, it would be a good sealing of its first part.
func NewWriter(w io.Writer, key []byte, documentID string) (*Writer, error) {
	aead, err := newAEAD(key, documentID)
	if err != nil {
		return nil, err
	}
	header := newHeader()
	if _, err := w.Write(header); err != nil {
		return nil, fmt.Errorf("cannot write the header of sealed document %s: %w", documentID, err)
	}
	return &Writer{out: w, aead: aead, data: newAssociated(header, documentID), plain: take(), sealed: take()}, nil
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
		w.filled += n
		written += n
		p = p[n:]
	}
	return written, w.err
}

// Close seals the last segment. It does not close the writer underneath.
func (w *Writer) Close() error {
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
	w.filled = 0
}
