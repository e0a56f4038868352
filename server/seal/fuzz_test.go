package seal_test

import (
	"bytes"
	"errors"
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
