package demo

import (
	"encoding/json"
	"strings"
	"testing"

	"voute.dev/voute/hack/mailbox"
)

func TestNewestLinkIsOneBelowTheAddress(t *testing.T) {
	messages := []mailbox.Message{
		{Links: []string{"https://partage.localhost:8443/invitation?token=old"}},
		{Links: []string{"https://partage.localhost:8443/invitation?token=new"}},
		{Links: []string{"https://partage-dev.localhost:8443/invitation?token=dev", "https://partage.localhost:8443/", "https://partage.localhost:84430/x"}},
	}
	got := newestLink(messages, "https://partage.localhost:8443")
	if want := "https://partage.localhost:8443/invitation?token=new"; got != want {
		t.Errorf("link = %q, want %q", got, want)
	}
}

func TestUnmetConditionsAreNamedWithTheirReason(t *testing.T) {
	var tenant object
	err := json.Unmarshal([]byte(`{"metadata":{"name":"justice","namespace":"justice"},"status":{"conditions":[
		{"type":"KeysReady","status":"False","reason":"VaultSealed","message":"Vault is sealed; unseal it"},
		{"type":"StorageReady","status":"True","reason":"Bound","message":"fine"},
		{"type":"Stalled","status":"False","reason":"No","message":"fine"},
		{"type":"Reconciling","status":"True","reason":"Waiting","message":"waits for Vault"}]}}`), &tenant)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(unmet(tenant), "\n")
	for _, want := range []string{"KeysReady: Vault is sealed; unseal it (VaultSealed)", "Reconciling: waits for Vault"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "fine") {
		t.Errorf("a condition that is met is named:\n%s", got)
	}
}
