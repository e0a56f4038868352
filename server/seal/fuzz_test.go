package seal_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"voute.dev/voute/server/seal"
)

// FuzzReader opens arbitrary bytes. Only what the writer has sealed opens.
func FuzzReader(f *testing.F) {
	key := bytes.Repeat([]byte{7}, seal.KeySize)
	r := reference{key: key, documentID: id, nonce: func(int) []byte { return make([]byte, 12) }}
	good := map[string][]byte{}
	for _, plain := range [][]byte{{}, []byte("V"), []byte("Ce document est scellé.\n")} {
		sealed := r.seal(plain)
		good[string(sealed)] = plain
		f.Add(sealed)
		f.Add(sealed[:len(sealed)-1])
		f.Add(append(bytes.Clone(sealed), sealed[seal.HeaderSize:]...))
	}
	f.Add([]byte("VOUTEDOC"))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := openAll(sealed, key, id)
		want, known := good[string(sealed)]
		if known != (err == nil) || !bytes.Equal(plain, want) {
			t.Errorf("%x opens to %q (error %v)", sealed, plain, err)
		}
		if err != nil && !errors.Is(err, seal.ErrDamaged) && !errors.Is(err, seal.ErrFormat) {
			t.Errorf("%x: the error is %v", sealed, err)
		}
	})
}

// FuzzResume goes on after arbitrary tails. Only what the writer has sealed is
// gone on with, and only where it was.
func FuzzResume(f *testing.F) {
	good := makeTail(5000, 300, 200, 100)
	f.Add(good.Header, good.Size, good.Offset, good.Starts[0], good.Sealed[0], good.Starts[1], good.Sealed[1])
	f.Add(good.Header, good.Size, good.Offset, good.Starts[1], good.Sealed[1], good.Starts[0], good.Sealed[0])
	f.Add(good.Header, int64(200), int64(200), int64(0), good.Sealed[0], int64(200), []byte{})
	f.Add([]byte("VOUTEDOC"), int64(-1), int64(1<<62), int64(-1<<62), []byte{}, int64(0), make([]byte, 28))
	f.Fuzz(func(t *testing.T, header []byte, size, offset, first int64, sealed []byte, second int64, more []byte) {
		p := seal.Progress{Header: header, Size: size, Offset: offset, Tail: []seal.Record{{Start: first, Sealed: sealed}}}
		if len(more) > 0 {
			p.Tail = append(p.Tail, seal.Record{Start: second, Sealed: more})
		}
		w, err := seal.Resume(io.Discard, good.Key, good.DocumentID, p)
		if err != nil {
			if !errors.Is(err, seal.ErrDamaged) && !errors.Is(err, seal.ErrFormat) {
				t.Errorf("%+v: the error is %v", p, err)
			}
			return
		}
		w.Discard()
		known := bytes.Equal(sealed, good.Sealed[0]) && first == 0 && bytes.Equal(header, good.Header) &&
			(len(more) == 0 && offset == 200 || bytes.Equal(more, good.Sealed[1]) && second == 200 && offset == 300)
		if !known {
			t.Errorf("%+v is gone on with", p)
		}
	})
}
