package desired

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"voute.dev/voute/api/v1alpha1"
)

func TestAllocation(t *testing.T) {
	platform := loadPlatform(t, "testdata/platform-full.yaml")
	for _, test := range []struct {
		environment v1alpha1.EnvironmentName
		asked, want int64
	}{
		{v1alpha1.ProductionEnvironment, 0, 20},
		{v1alpha1.ProductionEnvironment, 35, 35},
		{v1alpha1.DevelopmentEnvironment, 0, 3},
		{v1alpha1.DevelopmentEnvironment, 1, 1},
	} {
		environment := v1alpha1.Environment{Name: test.environment, Storage: v1alpha1.Storage{AllocatedGB: test.asked}}
		if got := AllocatedGB(environment, platform); got != test.want {
			t.Errorf("%s asking for %d gets %d; want %d", test.environment, test.asked, got, test.want)
		}
	}
}

func TestVolumeSizes(t *testing.T) {
	for allocated, gibibytes := range map[int64]int64{1: 2, 2: 3, 20: 21, 35: 36, 100_000: 97_790} {
		if got := VolumeBytes(allocated); got != gibibytes*gibibyte {
			t.Errorf("%d GB get a volume of %d GiB; want %d", allocated, got/gibibyte, gibibytes)
		}
	}
}

func TestURL(t *testing.T) {
	environment := v1alpha1.Environment{Host: "partage.example"}
	for file, want := range map[string]string{
		"testdata/platform-minimal.yaml": "https://partage.example",
		"testdata/platform-full.yaml":    "https://partage.example:8443",
	} {
		if got := URL(environment, loadPlatform(t, file)); got != want {
			t.Errorf("%s: %s; want %s", file, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	got := []string{
		Name("justice", "production"), StatusServiceName("justice", "production"), CertificateName("justice", "development"),
		ScanCertificateName("justice", "development"), KeyPrefix("mj", "justice", "production"), StatusAddress("mj", "justice", "production"),
	}
	want := []string{
		"justice-production", "justice-production-status", "justice-development-tls",
		"justice-development-scan", "mj.justice-production", "https://justice-production-status.mj.svc:8444",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestABoughtCertificateIsMountedByItsName(t *testing.T) {
	in := boughtCertificate(t)
	if Certificate(in) != nil {
		t.Error("cert-manager is asked for a certificate although one was bought")
	}
	for _, volume := range Deployment(in).Spec.Template.Spec.Volumes {
		if volume.Name == "tls" && volume.Secret.SecretName != "culture-gouv-qc-ca" {
			t.Errorf("the Secret %s is mounted", volume.Secret.SecretName)
		}
	}
}

func TestTheMountedCertificateIsRead(t *testing.T) {
	for _, in := range []Input{minimal(t), full(t)} {
		if got, want := TLSSecretOf(Deployment(in)), TLSSecretName(in.Tenant.Name, in.Environment); got != want {
			t.Errorf("the server shows the certificate of %q, want %q", got, want)
		}
	}
}

func TestTheHostAnnotationIsTheOperatorsOwn(t *testing.T) {
	in := full(t)
	in.Platform.Exposure.Annotations = map[string]string{hostnameAnnotation: "elsewhere.example"}
	if got := PublicService(in).Annotations[hostnameAnnotation]; got != in.Environment.Host {
		t.Errorf("the address of the Service is %s", got)
	}
}

func TestNoMemoryLimitNoTarget(t *testing.T) {
	in := minimal(t)
	in.Platform.Server.Resources.Limits = nil
	if env := Deployment(in).Spec.Template.Spec.Containers[0].Env; len(env) > 0 {
		t.Errorf("got %v", env)
	}
}

func TestAConfigMapThatCannotBeReadSaysWhatToDo(t *testing.T) {
	for name, data := range map[string]map[string]string{
		"empty":    {},
		"not YAML": {"voute.yaml": "{"},
	} {
		_, err := ReadConfig(&corev1.ConfigMap{Data: data})
		if err == nil || !strings.Contains(err.Error(), "delete") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A field that a newer operator wrote does not keep an older one from reading the rest.
func TestAConfigMapOfANewerOperatorIsRead(t *testing.T) {
	config, err := ReadConfig(&corev1.ConfigMap{Data: map[string]string{"voute.yaml": "novelty: 1\nretention: {defaultDays: 7}\n"}})
	if err != nil || config.Retention.DefaultDays != 7 {
		t.Errorf("got %+v, %v", config, err)
	}
}
