package seal_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"io"
	"testing"
	"time"

	"voute.dev/voute/server/seal"
)

// Both directions are measured beside plain AES-256-GCM on the same bytes in
// the same run: FIGURE lines give the ratio of the speeds.
const benchSize = 64 << 20

func BenchmarkSeal(b *testing.B) {
	key, plain, chunk := newKey(), make([]byte, benchSize), 64<<10
	gcm := rawGCM(b, key)
	out, nonce := make([]byte, 0, seal.SegmentSize+28), make([]byte, 12)
	b.SetBytes(benchSize)
	compare(b, "seal.speed_ratio", func() {
		w, err := seal.NewWriter(io.Discard, key, id)
		if err != nil {
			b.Fatal(err)
		}
		for at := 0; at < benchSize; at += chunk {
			if _, err := w.Write(plain[at : at+chunk]); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}, func() {
		for at := 0; at < benchSize; at += seal.SegmentSize {
			gcm.Seal(out, nonce, plain[at:at+seal.SegmentSize], nil)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	key, plain := newKey(), make([]byte, benchSize)
	sealed := sealAll(b, key, plain, benchSize)
	gcm := rawGCM(b, key)
	nonce, out := make([]byte, 12), make([]byte, 0, seal.SegmentSize)
	raw := gcm.Seal(nil, nonce, plain[:seal.SegmentSize], nil)
	b.SetBytes(benchSize)
	compare(b, "open.speed_ratio", func() {
		r, err := seal.NewReader(bytes.NewReader(sealed), int64(len(sealed)), key, id)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		for {
			if _, err := r.Next(128 << 10); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}, func() {
		for range benchSize / seal.SegmentSize {
			if _, err := gcm.Open(out, nonce, raw, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// compare runs both in turn, so that what slows the machine slows both.
func compare(b *testing.B, figure string, ours, raw func()) {
	var oursTook, rawTook time.Duration
	for b.Loop() {
		begin := time.Now()
		ours()
		between := time.Now()
		oursTook += between.Sub(begin)
		b.StopTimer()
		raw()
		rawTook += time.Since(between)
		b.StartTimer()
	}
	b.Logf("FIGURE %s=%.2f", figure, float64(rawTook)/float64(oursTook))
}

func rawGCM(b *testing.B, key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		b.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	return gcm
}
