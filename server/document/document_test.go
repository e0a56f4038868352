package document

import (
	"testing"
	"time"
)

func TestReadable(t *testing.T) {
	expires := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, state := range States {
		d := Document{State: state, Expires: expires}
		if d.Readable(expires.Add(-time.Millisecond)) != (state == Available) {
			t.Errorf("%s: readable before it expires", state)
		}
		if d.Readable(expires) {
			t.Errorf("%s: readable in the moment it expires", state)
		}
	}
}
