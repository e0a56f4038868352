package memory_test

import (
	"testing"

	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/blob/blobtest"
	"voute.dev/voute/server/blob/memory"
)

func TestContract(t *testing.T) {
	blobtest.Contract(t, func(*testing.T) blob.Store { return memory.New() })
}
