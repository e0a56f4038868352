package seal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"voute.dev/voute/server/seal"
)

// Version 1 is frozen: this only ever adds vectors.
var freeze = flag.Bool("freeze", false, "write the vectors that do not exist yet")

// vector is one frozen sealed document.
type vector struct {
	DocumentID string `json:"documentID"`
	Key        []byte `json:"key"`
	// Plain, or Size of a document whose byte i is i mod 251.
	Plain []byte `json:"plain,omitempty"`
	Size  int    `json:"size,omitempty"`
	// Sealed, where it is short; the hash is of it in any case.
	Sealed       []byte `json:"sealed,omitempty"`
	PlainSHA256  string `json:"plainSHA256"`
	SealedSHA256 string `json:"sealedSHA256"`
}

var frozen = map[string]vector{
	"empty":                   {DocumentID: "d", Plain: []byte{}},
	"one-byte":                {DocumentID: "01jd2v7x4q", Plain: []byte("V")},
	"short":                   {DocumentID: "01jd2v7x4q", Plain: []byte("Ce document est scellé.\n")},
	"one-segment-less-a-byte": {DocumentID: "01jd2v7x4q", Size: segment - 1},
	"one-segment":             {DocumentID: "01jd2v7x4q", Size: segment},
	"one-segment-and-a-byte":  {DocumentID: "01jd2v7x4q", Size: segment + 1},
	"three-segments":          {DocumentID: "01jd2v7x4q", Size: 3 * segment},
	"three-segments-and-some": {DocumentID: string(bytes.Repeat([]byte("x"), 255)), Size: 3*segment + 4321},
}

// recipe fills a vector's key, and makes what its hashes are of.
func (v vector) recipe() (vector, reference, []byte) {
	plain := v.Plain
	if v.Size > 0 {
		plain = pattern(v.Size)
	}
	key := sha256.Sum256([]byte("key of " + v.DocumentID))
	v.Key = key[:]
	r := reference{key: v.Key, documentID: v.DocumentID, nonce: func(index int) []byte {
		nonce := sha256.Sum256([]byte{byte(index), 'n'})
		return nonce[:12]
	}}
	copy(r.fileID[:], "frozen file id 1")
	return v, r, plain
}

func pattern(size int) []byte {
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i % 251)
	}
	return content
}

func TestFrozenVectors(t *testing.T) {
	for name, v := range frozen {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "v1", name+".json")
			if *freeze {
				v.freeze(t, file)
			}
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v vector
			if err := json.Unmarshal(content, &v); err != nil {
				t.Fatal(err)
			}
			v.check(t)
		})
	}
}

func (v vector) check(t *testing.T) {
	sealed := v.Sealed
	if len(sealed) == 0 {
		_, r, plain := v.recipe()
		sealed = r.seal(plain)
	}
	if hash(sealed) != v.SealedSHA256 {
		t.Fatal("the sealed bytes are not the frozen ones")
	}
	r, err := seal.NewReader(bytes.NewReader(sealed), int64(len(sealed)), v.Key, v.DocumentID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	plain, err := io.ReadAll(r)
	if err != nil || hash(plain) != v.PlainSHA256 {
		t.Errorf("%d bytes open, and are not the frozen ones (error %v)", len(plain), err)
	}
}

func (v vector) freeze(t *testing.T, file string) {
	if _, err := os.Stat(file); err == nil {
		return
	}
	v, r, plain := v.recipe()
	sealed := r.seal(plain)
	v.PlainSHA256, v.SealedSHA256 = hash(plain), hash(sealed)
	if len(sealed) < 4096 {
		v.Sealed = sealed
	}
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(content, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
