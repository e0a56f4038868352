package pilots

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/plugin/golden"
)

var now = time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)

func TestPilots(t *testing.T) {
	all := golden.Read[v1alpha1.PilotList](t, "pilots.yaml").Items
	golden.Compare(t, "all.txt", Table(Of(all, ""), now))
	golden.Compare(t, "justice.txt", Table(Of(all, "justice"), now))
	text, err := json.MarshalIndent(Of(all, ""), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "all.json", string(text)+"\n")
	for _, shown := range []string{Table(Of(all, ""), now), string(text)} {
		for _, pilot := range all {
			if strings.Contains(shown, pilot.Spec.Email) {
				t.Errorf("an address is shown: %s", pilot.Spec.Email)
			}
		}
	}
}

func TestHeadingsAreKubectls(t *testing.T) {
	kinds, err := os.ReadFile("../../../config/crd/bases/sharing.voute.dev_pilots.yaml")
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"NAMESPACE", "NAME"}
	for _, column := range regexp.MustCompile(`(?m)^ {6}name: (\S+)$`).FindAllStringSubmatch(string(kinds), -1) {
		known = append(known, column[1])
	}
	for _, heading := range Headings {
		if !slices.Contains(known, heading) {
			t.Errorf("kubectl get pilots has no column %s: %v", heading, known)
		}
	}
}
