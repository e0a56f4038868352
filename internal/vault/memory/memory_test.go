package memory_test

import (
	"testing"

	"voute.dev/voute/internal/vault"
	"voute.dev/voute/internal/vault/memory"
	"voute.dev/voute/internal/vault/vaulttest"
)

func TestContract(t *testing.T) {
	vaulttest.Contract(t, func(*testing.T) vaulttest.Setup {
		keeper := memory.New()
		fail := func(reason vault.Reason) func(testing.TB) { return func(testing.TB) { keeper.Fail(reason) } }
		return vaulttest.Setup{
			Keeper:  keeper,
			MakeKey: func(_ testing.TB, name string) { keeper.Add(name) },
			Seal:    fail(vault.Sealed),
			Unseal:  fail(""),
			Refuse:  fail(vault.Refused),
			Unmount: fail(vault.NotConfigured),
			Stop:    fail(vault.Unreachable),
		}
	})
}
