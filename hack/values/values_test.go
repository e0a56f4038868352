package values

import (
	"slices"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestValuesHaveTheCertificateWhole(t *testing.T) {
	pem := "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	content, err := For(Cluster{
		Version: "0.1.0", ServerImage: "localhost/voute-server:0.1.0", TrustedCAs: pem, HTTPSPort: 8443, HTTPPort: 8080,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(content, &map[string]any{}); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Image struct {
			Tag string `json:"tag"`
		} `json:"image"`
		ExtraArgs []string `json:"extraArgs"`
		Platform  struct {
			TrustedCAs string `json:"trustedCAs"`
			Server     struct {
				DefaultVersion string `json:"defaultVersion"`
			} `json:"server"`
			Exposure struct {
				HTTPSPort int `json:"httpsPort"`
			} `json:"exposure"`
		} `json:"platform"`
	}
	if err := yaml.Unmarshal(content, &read); err != nil {
		t.Fatal(err)
	}
	platform := read.Platform
	if platform.TrustedCAs != pem || platform.Exposure.HTTPSPort != 8443 || platform.Server.DefaultVersion != "0.1.0" || read.Image.Tag != "0.1.0" {
		t.Errorf("values = %+v", read)
	}
	if !slices.Contains(read.ExtraArgs, "--allow-test-clock") {
		t.Errorf("arguments = %v: tests could not move the operator's time", read.ExtraArgs)
	}
}
