package desired

import (
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/platform"
	serverconfig "voute.dev/voute/server/config"
)

func loadPlatform(t testing.TB, file string) *configv1.PlatformConfiguration {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := platform.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// minimal is a tenant that asks for nothing it does not have to.
func minimal(t testing.TB) Input {
	return Input{
		Tenant: &v1alpha1.SharingTenant{
			ObjectMeta: metav1.ObjectMeta{Name: "culture", Namespace: "culture", UID: "00000000-0000-0000-0000-000000000001"},
			Spec: v1alpha1.SharingTenantSpec{
				Organization: v1alpha1.Organization{
					NameFr: "Ministère de la Culture", NameEn: "Ministry of Culture", SupportEmail: "aide@culture.example",
				},
				RetentionPolicyRef: v1alpha1.ObjectReference{Name: "courante"},
			},
		},
		Environment: v1alpha1.Environment{
			Name:        v1alpha1.ProductionEnvironment,
			Host:        "partage.culture.example",
			Certificate: v1alpha1.CertificateSource{IssuerRef: &v1alpha1.IssuerReference{Name: "voute-ca", Kind: "ClusterIssuer"}},
		},
		Platform:          loadPlatform(t, "testdata/platform-minimal.yaml"),
		Retention:         &serverconfig.Retention{DefaultDays: 30, MinDays: 1, MaxDays: 90},
		Pilots:            []serverconfig.Pilot{{ID: "luc-gagnon", Email: "luc.gagnon@culture.example", Name: "Luc Gagnon", Language: "fr"}},
		OperatorKeys:      []string{"4Zq0Y4cXmUeqbPDnFQ5r0j8bTn1rZ0v0c2hZbq3m9yQ="},
		OperatorNamespace: "voute-system",
		QuotaBytes:        20_000_000_000,
		Version:           "0.1.0",
		Image:             "registry.example/voute-server:0.1.0",
	}
}

// full is a tenant that asks for everything, on a platform that sets everything.
func full(t testing.TB) Input {
	in := minimal(t)
	in.Tenant = in.Tenant.DeepCopy()
	in.Tenant.Name, in.Tenant.Namespace, in.Tenant.UID = "justice", "justice", "00000000-0000-0000-0000-000000000002"
	in.Tenant.Spec.Organization = v1alpha1.Organization{
		NameFr: "Ministère de la Justice", NameEn: "Ministry of Justice",
		SupportEmail: "aide@justice.example", FraudContact: "1 800 555-0100",
		Logo: &v1alpha1.ConfigMapKeyReference{Name: "justice-branding", Key: "logo.svg"},
	}
	in.Tenant.Spec.Uploads = v1alpha1.Uploads{BlockedExtensions: []string{"tar.gz", "exe"}, BlockedTypes: []string{"video/*", "application/x-sh"}}
	in.Environment.Host = "partage.justice.example"
	in.Environment.Certificate.IssuerRef = &v1alpha1.IssuerReference{Name: "gouv", Kind: "Issuer"}
	in.Environment.Storage = v1alpha1.Storage{AllocatedGB: 35, StorageClassName: "rapide"}
	in.Platform = loadPlatform(t, "testdata/platform-full.yaml")
	in.Pilots = []serverconfig.Pilot{
		{ID: "marie-tremblay", Email: "marie.tremblay@justice.example", Name: "Marie Tremblay", Language: "fr"},
		{ID: "john-abbott", Email: "john.abbott@justice.example", Name: "John Abbott", Language: "en"},
	}
	in.OperatorKeys = append([]string{"zzzzY4cXmUeqbPDnFQ5r0j8bTn1rZ0v0c2hZbq3m9yQ="}, in.OperatorKeys...)
	in.QuotaBytes = 35_000_000_000
	in.Retention = Retention(v1alpha1.RetentionPolicySpec{
		DefaultDays: 30, MinDays: 1, MaxDays: 90, SenderMayChoose: ptr.To(false), AfterLastDownload: v1alpha1.DeleteAfterLastDownload,
		AfterLastDownloadDays: 7, JournalDays: 730, Bucket: v1alpha1.WeekBucket, ApplyShortening: v1alpha1.ShortenAll,
	})
	in.Version, in.Image = "0.2.0-rc.1", "registry.example/voute-server:0.2.0-rc.1"
	return in
}

func development(t testing.TB) Input {
	in := minimal(t)
	in.Environment.Name = v1alpha1.DevelopmentEnvironment
	in.Environment.Host = "partage-dev.culture.example"
	in.QuotaBytes = 2_000_000_000
	return in
}

func boughtCertificate(t testing.TB) Input {
	in := minimal(t)
	in.Environment.Certificate = v1alpha1.CertificateSource{SecretName: "culture-gouv-qc-ca"}
	return in
}

// noPolicy is a tenant whose policy was never there.
func noPolicy(t testing.TB) Input {
	in := minimal(t)
	in.Retention = nil
	return in
}

// uploadsClosed is a live tenant whose policy is gone: it keeps the last one.
func uploadsClosed(t testing.TB) Input {
	in := minimal(t)
	in.UploadsClosed = true
	in.Retention = &serverconfig.Retention{DefaultDays: 10, MinDays: 5, MaxDays: 20}
	return in
}

// objects are all that are wanted, in the order in which the package lists them.
func objects(t testing.TB, in Input) []runtime.Object {
	t.Helper()
	all := []runtime.Object{ServiceAccount(in), NetworkPolicy(in)}
	if certificate := Certificate(in); certificate != nil {
		all = append(all, certificate)
	}
	all = append(all, ScanCertificate(in), PersistentVolumeClaim(in))
	configMap, err := ConfigMap(in)
	if err != nil {
		t.Fatal(err)
	}
	if configMap != nil {
		all = append(all, configMap)
	}
	return append(all, Deployment(in), StatusService(in), PublicService(in))
}
