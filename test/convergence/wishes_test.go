package convergence

import (
	"cmp"
	"slices"

	"voute.dev/voute/api/v1alpha1"
)

const (
	namespace = "ministry"
	// operatorNamespace has the statements.
	operatorNamespace = "voute-system"
	tenantName        = "justice"
	// rival is the namespace of another client, and the name of all that is in it.
	rival = "rival"
)

// wishes are what people want there to be.
type wishes struct {
	// tenant is nil where none is wanted.
	tenant   *v1alpha1.SharingTenantSpec
	pilots   map[string]v1alpha1.PilotSpec
	policies map[string]v1alpha1.RetentionPolicySpec
	platform platformWishes
	// rival is the host that another client's tenant claims; empty where there is none.
	rival string
	// newest is the newest version that the tenant was to have.
	newest string
	// named counts the names that pilots have had: none is used twice.
	named int
}

// platformWishes are what the platform team changes in its configuration.
type platformWishes struct {
	version       string
	mailHost      string
	developmentGB int64
	annotation    string
}

func firstWishes() *wishes {
	return &wishes{
		tenant: firstTenant(),
		pilots: map[string]v1alpha1.PilotSpec{"marie": pilotSpec("marie@justice.example", "Marie")},
		policies: map[string]v1alpha1.RetentionPolicySpec{
			"courante": {DefaultDays: 30, MinDays: 1, MaxDays: 90}, "longue": {DefaultDays: 60, MinDays: 1, MaxDays: 365},
		},
		platform: platformWishes{version: "0.1.0", mailHost: "smtp.mail.svc", developmentGB: 2},
	}
}

func rivalTenant(host string) v1alpha1.SharingTenantSpec {
	spec := *firstTenant()
	spec.Environments = spec.Environments[:1]
	spec.Environments[0].Host = host
	spec.RetentionPolicyRef.Name = rival
	return spec
}

func firstTenant() *v1alpha1.SharingTenantSpec {
	return &v1alpha1.SharingTenantSpec{
		Organization:       v1alpha1.Organization{NameFr: "Justice", NameEn: "Justice", SupportEmail: "aide@justice.example"},
		RetentionPolicyRef: v1alpha1.ObjectReference{Name: "courante"},
		DeletionPolicy:     v1alpha1.RetainOnDeletion,
		Environments: []v1alpha1.Environment{
			{Name: v1alpha1.ProductionEnvironment, Host: "partage.ministry.example", Certificate: issuedBy("voute-ca")},
			{Name: v1alpha1.DevelopmentEnvironment, Host: "partage-dev.ministry.example", Certificate: issuedBy("voute-ca")},
		},
	}
}

func issuedBy(issuer string) v1alpha1.CertificateSource {
	return v1alpha1.CertificateSource{IssuerRef: &v1alpha1.IssuerReference{Name: issuer}}
}

func pilotSpec(email, name string) v1alpha1.PilotSpec {
	return v1alpha1.PilotSpec{TenantRef: v1alpha1.ObjectReference{Name: tenantName}, Email: email, Name: name, Language: v1alpha1.French}
}

// environment finds an environment; nil where it is not wanted.
func (w *wishes) environment(name v1alpha1.EnvironmentName) *v1alpha1.Environment {
	if w.tenant == nil {
		return nil
	}
	i := slices.IndexFunc(w.tenant.Environments, func(e v1alpha1.Environment) bool { return e.Name == name })
	if i < 0 {
		return nil
	}
	return &w.tenant.Environments[i]
}

// mend makes the wishes such that the tenant can serve: what cannot serve may
// rightly depend on what served before.
func (w *wishes) mend() {
	if w.tenant == nil {
		w.tenant = firstTenant()
	}
	if _, known := versions[w.tenant.Version]; !known {
		w.tenant.Version = ""
	}
	w.neverOlder()
	if _, known := w.policies[w.tenant.RetentionPolicyRef.Name]; !known {
		w.policies[w.tenant.RetentionPolicyRef.Name] = v1alpha1.RetentionPolicySpec{DefaultDays: 10, MinDays: 1, MaxDays: 20}
	}
	for i := range w.tenant.Environments {
		if issuer := w.tenant.Environments[i].Certificate.IssuerRef; issuer != nil && issuer.Name == "absent" {
			w.tenant.Environments[i].Certificate = issuedBy("voute-ca")
		}
	}
	w.rival = ""
	if len(w.pilots) == 0 {
		w.addPilot("relief@justice.example")
	}
}

// neverOlder keeps people from asking for an older version than they had: that is
// refused, and what runs then depends on what ran before.
func (w *wishes) neverOlder() {
	if w.tenant == nil {
		return
	}
	asked := cmp.Or(w.tenant.Version, w.platform.version)
	if versions[asked] && asked < w.newest {
		w.tenant.Version = w.newest
	} else if versions[asked] {
		w.newest = asked
	}
}

func (w *wishes) addPilot(email string) {
	w.named++
	w.pilots[pilotName(w.named)] = pilotSpec(email, "Person")
}

// versions are those that the platform knows; the empty one is its default.
var versions = map[string]bool{"": true, "0.1.0": true, "0.2.0": true}
