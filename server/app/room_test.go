package app

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"voute.dev/voute/server/config"
)

// TestPilotsAreWarnedOnceACrossing: at 80 and at 95 %, not again while the vault
// hovers there, and not by a restart; beyond, uploads are refused.
func TestPilotsAreWarnedOnceACrossing(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Storage.QuotaBytes = 1_000_000 })
	pilot := w.pilot()
	_, alice := w.user(pilot, "Alice")
	warned := func(percent string) (letters int) {
		w.settle()
		for _, message := range w.mailer.Messages() {
			if strings.Contains(message.Subject, "plus de "+percent) {
				if letters++; message.To != pilotEmail {
					t.Errorf("%s is told", message.To)
				}
			}
		}
		return letters
	}
	expect := func(at string, eighty, ninetyFive int) {
		t.Helper()
		if e, n := warned("80"), warned("95"); e != eighty || n != ninetyFive {
			t.Errorf("%s: %d letters at 80 %% and %d at 95 %%, want %d and %d", at, e, n, eighty, ninetyFive)
		}
	}
	pilot.deliver(noise(790_000), alice)
	expect("79 %", 0, 0)
	small := pilot.create(20_000, nil) // what is reserved counts
	expect("81 %", 1, 0)
	pilot.tus(http.MethodDelete, small, nil, nil).expect(t, http.StatusNoContent, "")
	expect("79 % again", 1, 0)
	w.restart()
	pilot = w.browser()
	pilot.signIn(pilotEmail)
	small = pilot.create(100_000, nil)
	expect("89 %", 1, 0)
	large := pilot.create(100_000, nil)
	expect("99 %", 1, 1)
	pilot.tus(http.MethodPost, "/uploads", nil, map[string]string{"Upload-Length": "10001", "Upload-Metadata": metadata(map[string]string{"filename": "a"})}).
		expect(t, http.StatusInsufficientStorage, "espace")
	for _, address := range []string{small, large} {
		pilot.tus(http.MethodDelete, address, nil, nil).expect(t, http.StatusNoContent, "")
	}
	pilot.post(regexp.MustCompile(`/documents/[a-z2-7]{26}`).FindString(pilot.get("/").body)+"/delete", nil).expect(t, http.StatusOK, "")
	expect("empty", 1, 1)
	pilot.create(850_000, nil)
	expect("85 % again", 2, 1)
}
