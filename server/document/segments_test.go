package document

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/seal"
)

// counted is a blob in memory that counts what is read of it.
type counted struct {
	*bytes.Reader
	blob.Store
	reads int // of a whole segment or what is left of it
}

func (c *counted) ReadAt(p []byte, offset int64) (int, error) {
	if len(p) > seal.HeaderSize {
		c.reads++
	}
	return c.Reader.ReadAt(p, offset)
}

func (*counted) Close() error { return nil }

func (c *counted) Open(context.Context, string) (blob.Reader, error) { return c, nil }

// oneKey opens everything, and remembers what it gave out.
type oneKey struct {
	keys.Keys
	key   []byte
	given []byte
}

func (k *oneKey) Open(context.Context, string, string) ([]byte, error) {
	k.given = bytes.Clone(k.key)
	return k.given, nil
}

// sealed is a document of several segments.
func sealed(t *testing.T, size int) (plain []byte, d Document, key []byte, stored *counted) {
	t.Helper()
	plain, key = make([]byte, size), make([]byte, seal.KeySize)
	rand.Read(plain)
	rand.Read(key)
	var out bytes.Buffer
	w, err := seal.NewWriter(&out, key, "id")
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return plain, Document{ID: "id", Size: int64(size), State: Available, Blob: "id"}, key, &counted{Reader: bytes.NewReader(out.Bytes())}
}

// TestRangesOpenTheSegmentsThatTheyNeed and the last one, by which the size is
// known to be true.
func TestRangesOpenTheSegmentsThatTheyNeed(t *testing.T) {
	const mib = 1 << 20
	plain, d, key, stored := sealed(t, 10*mib+5)
	s := &Service{Keys: &oneKey{key: key}, Blobs: stored}
	for header, c := range map[string]struct {
		until int64
		want  int
	}{
		"":                      {d.Size, 12}, // the last one once more, in its turn
		"bytes=0-9":             {10, 2},
		"bytes=5242880-5242889": {5242890, 2},
		"bytes=1048570-1048589": {1048590, 3},
		"bytes=-3":              {d.Size, 1},
		"bytes=0-0,2-2,4-4":     {5, 2},
		"bytes=1048576-3145727": {3145728, 3},
		"bytes=10485760-":       {d.Size, 1},
	} {
		stored.reads = 0
		content, err := s.open(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		content.Until(c.until)
		hr := httptest.NewRequest(http.MethodGet, "/", nil)
		hr.Header.Set("Range", header)
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, hr, "", time.Time{}, content)
		if header == "" && !bytes.Equal(w.Body.Bytes(), plain) {
			t.Error("the bytes differ")
		}
		if stored.reads != c.want {
			t.Errorf("%q opens %d segments, want %d", header, stored.reads, c.want)
		}
		if err := content.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKeyLivesAsLongAsItsDownload: what Vault gave is cleared at once, and what
// was made of it is gone when the download ends.
func TestKeyLivesAsLongAsItsDownload(t *testing.T) {
	_, d, key, stored := sealed(t, 100)
	k := &oneKey{key: key}
	content, err := (&Service{Keys: k, Blobs: stored}).open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(k.given, make([]byte, len(key))) {
		t.Error("the key is still in memory")
	}
	if _, err := io.ReadAll(content); err != nil {
		t.Fatal(err)
	}
	if err := content.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := content.ReadAt(make([]byte, 1), 0); err == nil {
		t.Error("the document can be read when its download has ended")
	}
}
