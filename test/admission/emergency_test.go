package admission

import (
	"os"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/test/apiserver"
)

const (
	applyNow = "sharing.voute.dev/apply-now="
	empty    = `the annotation sharing.voute.dev/apply-now is empty: write why this change cannot wait, for example sharing.voute.dev/apply-now="CVE-2026-12345"`
	tooLong  = "the annotation sharing.voute.dev/apply-now has 257 characters, and the status keeps 256: write a shorter reason"
	// inForceWithin is how long the API server may take to read a policy.
	inForceWithin = 2 * time.Minute
)

// testEmergency installs the policy after the tenant, which has an empty reason by
// then: that may stay, or go, and nothing else of the tenant is refused for it.
func testEmergency(t *testing.T, server *apiserver.Server) {
	server.MustKubectl(t, "", "annotate", "stn/justice", applyNow+" ")
	policy, err := os.ReadFile("../../config/admission/emergency_reason.yaml")
	if err != nil {
		t.Fatal(err)
	}
	server.MustKubectl(t, string(policy), "apply", "--server-side", "--validate=strict", "-f", "-")
	awaitPolicy(t, server)
	t.Run("what was written before may stay", func(t *testing.T) { testBefore(t, server) })
	for name, test := range map[string]struct{ reason, want string }{
		"nothing":                         {"", empty},
		"spaces":                          {" \t ", empty},
		"a line's end":                    {"\n", empty},
		"a reason":                        {"CVE-2026-12345", ""},
		"256 characters":                  {strings.Repeat("é", 256), ""},
		"257 characters":                  {strings.Repeat("é", 257), tooLong},
		"256 characters between spaces":   {" " + strings.Repeat("x", 256) + " ", ""},
		"an accent's two bytes are one":   {strings.Repeat("é", 200), ""},
		"quotes and braces are only text": {`"'{{ $(id) }}'`, ""},
	} {
		t.Run("by annotate/"+name, func(t *testing.T) {
			_, err := server.Kubectl(t, "", "annotate", "stn/justice", "--overwrite", "--dry-run=server", applyNow+test.reason)
			expect(t, err, test.want)
		})
		t.Run("at creation/"+name, func(t *testing.T) {
			made := strings.Replace(goodTenant, "  name: justice\n", "  name: culture\n  annotations: {sharing.voute.dev/apply-now: "+quoted(test.reason)+"}\n", 1)
			_, err := server.Kubectl(t, made, "create", "--dry-run=server", "-f", "-")
			expect(t, err, test.want)
		})
	}
	t.Run("who empties a reason is refused", func(t *testing.T) {
		server.MustKubectl(t, "", "annotate", "stn/justice", applyNow+"CVE-2026-12345")
		_, err := server.Kubectl(t, "", "annotate", "stn/justice", "--overwrite", applyNow)
		expect(t, err, empty)
		server.MustKubectl(t, "", "annotate", "stn/justice", "sharing.voute.dev/apply-now-")
	})
	t.Run("other annotations are free", func(t *testing.T) {
		server.MustKubectl(t, "", "annotate", "stn/justice", "--dry-run=server", "sharing.voute.dev/try-again=", "example.org/apply-now=")
	})
}

func testBefore(t *testing.T, server *apiserver.Server) {
	server.MustKubectl(t, "", "label", "stn/justice", "example.org/seen=yes")
	server.MustKubectl(t, "", "patch", "stn/justice", "--type=merge", "-p", `{"spec":{"suspend":true}}`)
	server.MustKubectl(t, "", "patch", "stn/justice", "--subresource=status", "--type=merge", "-p", justiceStatus)
	_, err := server.Kubectl(t, "", "annotate", "stn/justice", "--overwrite", applyNow+"\t")
	expect(t, err, empty)
	server.MustKubectl(t, "", "annotate", "stn/justice", "sharing.voute.dev/apply-now-")
}

// awaitPolicy: the API server reads policies beside what it does.
func awaitPolicy(t *testing.T, server *apiserver.Server) {
	t.Helper()
	for end := time.Now().Add(inForceWithin); ; time.Sleep(100 * time.Millisecond) {
		_, err := server.Kubectl(t, "", "annotate", "stn/justice", "--overwrite", "--dry-run=server", applyNow)
		if err != nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the policy never comes into force")
		}
	}
}

func expect(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v; want %q", err, want)
	}
}

// quoted is a text as YAML takes every one.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`, "\n", `\n`).Replace(text) + `"`
}
