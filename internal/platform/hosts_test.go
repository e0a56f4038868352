package platform

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

func allowing(suffixes ...string) *configv1.PlatformConfiguration {
	return &configv1.PlatformConfiguration{Hosts: configv1.Hosts{AllowedSuffixes: suffixes}}
}

func TestAllowsHost(t *testing.T) {
	for _, test := range []struct {
		suffixes string
		host     string
		want     bool
	}{
		{"", "anything.example", true},
		{"gouv.qc.ca", "partage.justice.gouv.qc.ca", true},
		{"gouv.qc.ca", "justice.gouv.qc.ca", true},
		{"gouv.qc.ca", "gouv.qc.ca", true},
		{"gouv.qc.ca", "evilgouv.qc.ca", false},
		{"gouv.qc.ca", "evil-gouv.qc.ca", false},
		{"gouv.qc.ca", "gouv.qc.ca.evil.example", false},
		{"gouv.qc.ca", "partage.gouv.qc.ca.example", false},
		{"gouv.qc.ca", "qc.ca", false},
		{"gouv.qc.ca", "ouv.qc.ca", false},
		{"gouv.qc.ca example.org", "partage.example.org", true},
		{"gouv.qc.ca example.org", "kubernetes.default.svc", false},
		{"localhost", "partage.justice.localhost", true},
		{"localhost", "notlocalhost", false},
	} {
		if got := AllowsHost(allowing(strings.Fields(test.suffixes)...), test.host); got != test.want {
			t.Errorf("%q under %q: %v; want %v", test.host, test.suffixes, got, test.want)
		}
	}
}

// The rule, told another way: the suffix's labels are the last ones of the host.
func TestASuffixIsWholeLabels(t *testing.T) {
	name := rapid.StringMatching(`[ab]{1,2}(\.[ab]{1,2}){0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		suffixes := rapid.SliceOfN(name, 1, 3).Draw(t, "suffixes")
		host := name.Draw(t, "host")
		if rapid.Bool().Draw(t, "below") {
			host = rapid.SampledFrom([]string{host + ".", host, ""}).Draw(t, "glue") + suffixes[0]
		}
		want := false
		for _, suffix := range suffixes {
			want = want || endsWith(strings.Split(host, "."), strings.Split(suffix, "."))
		}
		if got := AllowsHost(allowing(suffixes...), host); got != want {
			t.Fatalf("%q under %q: %v; want %v", host, suffixes, got, want)
		}
	})
}

func endsWith(labels, last []string) bool {
	if len(labels) < len(last) {
		return false
	}
	for i := range last {
		if labels[len(labels)-len(last)+i] != last[i] {
			return false
		}
	}
	return true
}
