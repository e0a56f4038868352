package vault

import (
	"bytes"
	"io"
	"testing"
)

// What was sent may hold a key: it does not stay in memory.
func TestWhatWasSentIsCleared(t *testing.T) {
	content := encryption([]byte("a data key"))
	body := newSent(content)
	if read, err := io.ReadAll(body); err != nil || string(read) != `{"type":"aes256-gcm96","plaintext":"YSBkYXRhIGtleQ=="}` {
		t.Errorf("%s is sent (%v)", read, err)
	}
	if err := body.Close(); err != nil || !bytes.Equal(content, make([]byte, len(content))) {
		t.Errorf("%s is left (%v)", content, err)
	}
	if rest, err := io.ReadAll(body); len(rest) != 0 || err != nil {
		t.Errorf("%s is read after the end (%v)", rest, err)
	}
}
