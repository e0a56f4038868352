package rollout_test

import (
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/rollout"
)

// loadPlatform is the smallest platform, with three versions of the server.
func loadPlatform(t testing.TB) *configv1.PlatformConfiguration {
	t.Helper()
	data, err := os.ReadFile("../platform/testdata/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := platform.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Server.DefaultVersion, cfg.Server.Images = "1.4.0", nil
	for _, version := range []string{"1.4.0", "1.4.1", "1.5.0"} {
		cfg.Server.Images = append(cfg.Server.Images, configv1.ServerImage{Version: version, Image: image(version)})
	}
	return cfg
}

func image(version string) string { return "registry.example/voute-server:" + version }

// culture is a tenant's production environment.
func culture(t testing.TB) desired.Input {
	return desired.Input{
		Tenant: &v1alpha1.SharingTenant{
			ObjectMeta: metav1.ObjectMeta{Name: "culture", Namespace: "culture", UID: "00000000-0000-0000-0000-000000000001"},
		},
		Environment: v1alpha1.Environment{
			Name: v1alpha1.ProductionEnvironment, Host: "partage.culture.example",
			Certificate: v1alpha1.CertificateSource{IssuerRef: &v1alpha1.IssuerReference{Name: "voute-ca", Kind: "ClusterIssuer"}},
		},
		Platform: loadPlatform(t), OperatorNamespace: "voute-system", Version: "1.4.0", Image: image("1.4.0"),
	}
}

// changed is what a change makes of a copy.
func changed(in desired.Input, changes ...func(*desired.Input)) desired.Input {
	in.Tenant, in.Platform = in.Tenant.DeepCopy(), in.Platform.DeepCopy()
	in.Environment = *in.Environment.DeepCopy()
	for _, change := range changes {
		change(&in)
	}
	return in
}

// stepOf is the step of a platform's catalogue.
func stepOf(cfg *configv1.PlatformConfiguration) func(from, to string) (calendar.Class, error) {
	return func(from, to string) (calendar.Class, error) { return platform.Step(cfg, from, to) }
}

func compare(t testing.TB, runs, wanted *rollout.Revision) rollout.Change {
	t.Helper()
	change, err := rollout.Compare(runs, wanted, stepOf(loadPlatform(t)))
	if err != nil {
		t.Fatal(err)
	}
	return change
}
