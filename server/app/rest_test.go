package app

import "testing"

// TestMemoryIsGivenBackOnce after each time of work, and not in it.
func TestMemoryIsGivenBackOnce(t *testing.T) {
	r := rest{given: -1}
	for i, look := range []struct {
		came, underWay int64
		want           bool
	}{
		{0, 0, true}, {0, 0, false}, // what the start has left
		{1, 1, false}, {1, 1, false}, {2, 1, false}, {2, 0, true}, {2, 0, false},
		{5, 0, false}, {6, 0, false}, {6, 0, true}, {6, 0, false},
	} {
		if got := r.due(look.came, look.underWay); got != look.want {
			t.Errorf("look %d, after %d requests of which %d are under way: %t", i, look.came, look.underWay, got)
		}
	}
}
