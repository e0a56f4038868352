package document

import "testing"

// CheckpointEvery saves what has come of one request more often than in use.
func CheckpointEvery(t *testing.T, bytes int64) {
	before := checkpoint
	checkpoint = bytes
	t.Cleanup(func() { checkpoint = before })
}
