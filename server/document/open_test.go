package document

import (
	"errors"
	"testing"
)

// TestOnlyTheseStatesAreOpened: the service here has no keys and no blobs, so
// that a way to either would end in a panic.
func TestOnlyTheseStatesAreOpened(t *testing.T) {
	opens := map[State]bool{Scanning: true, Available: true}
	for _, state := range everyState {
		if state.opens() != opens[state] {
			t.Errorf("%q is opened: %v", state, state.opens())
		}
		if opens[state] {
			continue
		}
		if _, err := new(Service).open(t.Context(), Document{ID: "1", State: state}); !errors.Is(err, ErrNotReady) {
			t.Errorf("opening what is %q: %v", state, err)
		}
	}
}
