package memory_test

import (
	"testing"
	"time"

	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/keys/keystest"
	"voute.dev/voute/server/keys/memory"
)

func TestContract(t *testing.T) {
	keystest.Contract(t, func(*testing.T) keystest.Service {
		now := time.Date(2026, 12, 3, 23, 30, 0, 0, time.FixedZone("", -5*3600))
		k := memory.New(now.Location(), func() time.Time { return now })
		return keystest.Service{
			Keys: k, Today: now, Delete: k.Delete,
			Interrupt: func() { k.Fail(keys.ErrUnavailable) }, Resume: func() { k.Fail(nil) },
		}
	})
}
