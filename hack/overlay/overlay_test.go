package overlay

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestPlatformFileIsYAMLWithTheCertificateWhole(t *testing.T) {
	dir := t.TempDir()
	pem := "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	err := Write(filepath.Join(dir, "a", "b"), filepath.Join(dir, "source"), Values{
		Version: "0.1.0", ServerImage: "localhost/voute-server:0.1.0", TrustedCAs: pem, HTTPSPort: 8443, HTTPPort: 8080,
	})
	if err != nil {
		t.Fatal(err)
	}
	var platform struct {
		TrustedCAs string `json:"trustedCAs"`
		Server     struct {
			DefaultVersion string `json:"defaultVersion"`
		} `json:"server"`
		Exposure struct {
			HTTPSPort int `json:"httpsPort"`
		} `json:"exposure"`
	}
	read(t, filepath.Join(dir, "a", "b", "platform.yaml"), &platform)
	if platform.TrustedCAs != pem || platform.Exposure.HTTPSPort != 8443 || platform.Server.DefaultVersion != "0.1.0" {
		t.Errorf("platform = %+v", platform)
	}
	var kustomization struct {
		Resources []string `json:"resources"`
		Patches   []struct {
			Patch string `json:"patch"`
		} `json:"patches"`
	}
	read(t, filepath.Join(dir, "a", "b", "kustomization.yaml"), &kustomization)
	if len(kustomization.Patches) != 1 || !strings.Contains(kustomization.Patches[0].Patch, "value: --allow-test-clock") {
		t.Errorf("patches = %v: tests could not move the operator's time", kustomization.Patches)
	}
	if kustomization.Resources[0] != "../../source/config/default" {
		t.Errorf("resources = %v", kustomization.Resources)
	}
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(content, &map[string]any{}); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, into); err != nil {
		t.Fatal(err)
	}
}
