package seal

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"testing"
)

// TestWriteNext gives the same bytes as Read, a segment at most at a time, and
// goes on where either of them has ended.
func TestWriteNext(t *testing.T) {
	plain, key := make([]byte, 2*SegmentSize+10), make([]byte, KeySize)
	rand.Read(plain)
	rand.Read(key)
	var sealed bytes.Buffer
	w, err := NewWriter(&sealed, key, "id")
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(bytes.NewReader(sealed.Bytes()), int64(sealed.Len()), key, "id")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for _, want := range []int64{100, SegmentSize - 100, SegmentSize, 10, 0} {
		n, err := r.WriteNext(&got, max(want, 2*SegmentSize*min(1, int64(got.Len())/100)))
		if n != want || (want == 0) != errors.Is(err, io.EOF) {
			t.Fatalf("%d bytes come after %d (%v), want %d", n, got.Len(), err, want)
		}
	}
	if !bytes.Equal(got.Bytes(), plain) {
		t.Error("the bytes differ")
	}
	if _, err := r.Seek(5, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	got.Reset()
	if n, err := r.WriteNext(&got, 3); n != 3 || err != nil || !bytes.Equal(got.Bytes(), plain[5:8]) {
		t.Errorf("%d bytes after a seek (%v)", n, err)
	}
	next := make([]byte, 2)
	if _, err := io.ReadFull(r, next); err != nil || !bytes.Equal(next, plain[8:10]) {
		t.Errorf("a read goes on elsewhere (%v)", err)
	}
	fault := errors.New("the line is broken")
	if _, err := r.WriteNext(broken{fault}, 3); !errors.Is(err, fault) {
		t.Errorf("a broken line: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.WriteNext(&got, 1); err == nil {
		t.Error("a closed document is written")
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }
