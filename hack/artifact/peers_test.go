package artifact

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each package of the lock file has its hash, and names no host: which registry
// is asked is the machine's affair.
func TestPeersAreLocked(t *testing.T) {
	content, err := peerFiles.ReadFile("peers/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity, Resolved string }
	}
	if err := json.Unmarshal(content, &lock); err != nil {
		t.Fatal(err)
	}
	if lock.Packages["node_modules/tus-js-client"].Version != "4.3.1" {
		t.Error("tus-js-client is not the version that is promised")
	}
	for name, p := range lock.Packages {
		if name != "" && (!strings.HasPrefix(p.Integrity, "sha512-") || p.Resolved != "") {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestNodeIsToldWhereItIs(t *testing.T) {
	dir := t.TempDir()
	if err := wrapNode("/cache/node-1", dir); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(dir, "run-node"))
	if err != nil || !strings.Contains(string(script), "lowerdir=/cache/node-1/usr/share:/usr/share") || strings.Contains(string(script), "%!") {
		t.Errorf("%v:\n%s", err, script)
	}
}
