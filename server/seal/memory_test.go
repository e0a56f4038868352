package seal

import (
	"bytes"
	"io"
	"runtime"
	"testing"
)

// No plain byte waits in the pool.
func TestBuffersAreGivenBackClear(t *testing.T) {
	b := take()
	for i := range b {
		b[i] = 'x'
	}
	give(b)
	if *b != (buffer{}) {
		t.Error("a buffer is given back with bytes in it")
	}
}

// However long the document, its writer and its reader take two buffers each and
// no more.
func TestMemoryDoesNotGrowWithTheDocument(t *testing.T) {
	key, segment := make([]byte, KeySize), make([]byte, SegmentSize)
	var file bytes.Buffer
	file.Grow(int(SealedSize(32 * SegmentSize)))
	write := func(segments int) func() {
		return func() {
			file.Reset()
			w, err := NewWriter(&file, key, "d")
			if err != nil {
				t.Fatal(err)
			}
			for range segments {
				if _, err := w.Write(segment); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func() {
		r, err := NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()), key, "d")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{r}, segment); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var written, opened [2]uint64
	for i, segments := range []int{2, 32} {
		written[i] = allocated(write(segments))
		opened[i] = allocated(read)
	}
	const most = 8 * SegmentSize // a collection may empty the pool
	if written[1] > written[0]+most || opened[1] > opened[0]+most {
		t.Errorf("2 and 32 segments take %v bytes to write, %v to read", written, opened)
	}
}

// allocated is how many bytes something asks for.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What somebody may still look at stays as it is, and is used for nothing else.
func TestAbandonedMemoryIsNotUsedAgain(t *testing.T) {
	key, plain := make([]byte, KeySize), bytes.Repeat([]byte{'x'}, 3*SegmentSize)
	var file bytes.Buffer
	w, err := NewWriter(&file, key, "d")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()), key, "d")
	if err != nil {
		t.Fatal(err)
	}
	given, err := r.Next(SegmentSize)
	if err != nil {
		t.Fatal(err)
	}
	r.Abandon()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		clear(take()[:]) // whoever takes memory writes to it
	}
	if !bytes.Equal(given, plain[:SegmentSize]) {
		t.Error("what was given out has changed")
	}
}
