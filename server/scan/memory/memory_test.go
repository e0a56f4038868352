package memory_test

import (
	"testing"

	"voute.dev/voute/server/scan"
	"voute.dev/voute/server/scan/memory"
	"voute.dev/voute/server/scan/scantest"
)

func TestContract(t *testing.T) {
	scantest.Contract(t, func(*testing.T) scantest.Service {
		s := memory.New(8 << 20)
		return scantest.Service{
			Scanner: s, Limit: 8 << 20,
			Interrupt: func() { s.Fail(scan.ErrUnavailable) }, Resume: func() { s.Fail(nil) },
		}
	})
}
