package seal

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// Progress is how far a document has been received whose rest is still to come:
// what is to be kept for Resume. It holds no plain byte.
//
// Whole segments are where they will stay. What has come since the end of the
// last one, the tail, is sealed in records, which are kept elsewhere and end
// when their segment is whole.
type Progress struct {
	Header []byte
	Size   int64 // of the whole document
	Offset int64 // so many of its bytes have come
	Tail   []Record
}

// Record is a sealed part of the segment that is being received.
type Record struct {
	Start  int64 // of its first byte in the document
	Sealed []byte
}

// Length is how many bytes of the document a record holds.
func (r Record) Length() int64 { return int64(len(r.Sealed)) - overhead }

// Begin is the progress of a document of which nothing has come.
func Begin(size int64) Progress { return Progress{Header: newHeader(), Size: size} }

// Written is how many bytes of the sealed document this progress counts on.
// What lies behind them is to be overwritten.
func (p Progress) Written() int64 {
	if p.whole() == 0 {
		return 0
	}
	return HeaderSize + p.whole()*(SegmentSize+overhead)
}

// whole is how many segments are whole and not the last.
func (p Progress) whole() int64 {
	if p.Offset > 0 && p.Offset == p.Size {
		return segments(p.Size) - 1
	}
	return p.Offset / SegmentSize
}

// Resume goes on sealing a document after the first Written bytes of w. The
// caller may clear the key at once.
func Resume(w io.Writer, key []byte, documentID string, from Progress) (*Writer, error) {
	if err := from.check(); err != nil {
		return nil, fmt.Errorf("cannot go on with sealed document %s: %w", documentID, err)
	}
	resumed, err := newWriter(w, key, documentID, from)
	if err != nil {
		return nil, err
	}
	if err := resumed.open(from.Tail); err != nil {
		resumed.Discard()
		return nil, err
	}
	return resumed, nil
}

// check looks at everything that needs no key.
func (p Progress) check() error {
	if len(p.Header) != HeaderSize {
		return fmt.Errorf("%w: a header of %d bytes", ErrFormat, len(p.Header))
	}
	if err := checkHeader(p.Header); err != nil {
		return err
	}
	if p.Offset < 0 || p.Offset > p.Size {
		return fmt.Errorf("%w: %d of %d bytes have come", ErrDamaged, p.Offset, p.Size)
	}
	at := p.whole() * SegmentSize
	for _, record := range p.Tail {
		if record.Start != at || record.Length() <= 0 {
			return fmt.Errorf("%w: the tail has a record of %d bytes at %d, not at %d", ErrDamaged, record.Length(), record.Start, at)
		}
		at += record.Length()
	}
	if at != p.Offset {
		return fmt.Errorf("%w: the tail ends at %d, not at %d", ErrDamaged, at, p.Offset)
	}
	return nil
}

// open brings the tail's bytes back to where they were.
func (w *Writer) open(tail []Record) error {
	for _, record := range tail {
		if int64(w.filled)+record.Length() > SegmentSize {
			return fmt.Errorf("%w: the tail of %s is longer than a segment", ErrDamaged, w.id)
		}
		opened, err := w.aead.Open(w.plain[w.filled:w.filled], nil, record.Sealed, w.data.tail(record.Start))
		if err != nil {
			return fmt.Errorf("%w: the tail record at %d of %s does not open; the document must be sent again", ErrDamaged, record.Start, w.id)
		}
		w.filled += len(opened)
	}
	w.tail = slices.Clone(tail)
	return nil
}

// Progress tells how far the document has come. What lies past the last whole
// segment and in no record yet is sealed now, as one record.
//
// The new record takes in those before it that are shorter than twice its
// length. So each is at least twice as long as the next and there are at most
// twenty, and a byte is sealed again only into a record half as long again: also
// a document that comes byte by byte costs each byte few sealings.
func (w *Writer) Progress() (Progress, error) {
	if w.err != nil {
		return Progress{}, w.err
	}
	if length := int64(w.filled) - w.recorded(); length > 0 {
		w.record(length)
	}
	return Progress{Header: bytes.Clone(w.data[:HeaderSize]), Size: w.size, Offset: w.position(), Tail: slices.Clone(w.tail)}, nil
}

// recorded is how many bytes of plain are in records.
func (w *Writer) recorded() (sum int64) {
	for _, record := range w.tail {
		sum += record.Length()
	}
	return sum
}

func (w *Writer) record(length int64) {
	for last := len(w.tail) - 1; last >= 0 && w.tail[last].Length() < 2*length; last-- {
		length += w.tail[last].Length()
		w.tail = w.tail[:last]
	}
	start := w.position() - length
	sealed := w.aead.Seal(nil, nil, w.plain[int64(w.filled)-length:w.filled], w.data.tail(start))
	w.tail = append(w.tail, Record{Start: start, Sealed: sealed})
}
