// Package roomtest is the contract that every implementation of
// room.Repository passes.
package roomtest

import (
	"testing"

	"voute.dev/voute/server/room"
)

// Contract gets a repository in which nothing was told.
func Contract(t *testing.T, empty func(*testing.T) room.Repository) {
	s := empty(t)
	for _, level := range []room.Level{0, 80, 95, 95, 80, 0} {
		if err := s.Tell(t.Context(), level); err != nil {
			t.Fatal(err)
		}
		if told, err := s.Told(t.Context()); err != nil || told != level {
			t.Errorf("told is %d (error %v), want %d", told, err, level)
		}
	}
	if told, err := empty(t).Told(t.Context()); err != nil || told != 0 {
		t.Errorf("at first %d is told (error %v)", told, err)
	}
}
