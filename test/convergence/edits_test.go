package convergence

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"voute.dev/voute/api/v1alpha1"
)

func pilotName(n int) string { return fmt.Sprintf("pilot-%d", n) }

// edit is one thing that people do.
type edit struct {
	text string
	// wish changes what they want; meddle, where it is not nil, is something done
	// to the operator's own objects.
	wish   func(*wishes)
	meddle *meddling
	// rounds is how long the operator has before the next one; endless for as long as it takes.
	rounds int
}

const endless = 1000

// newEdit draws one edit. What it does follows from the draws alone, and not
// from the edits before, so that a sequence can be cut down.
func newEdit(rng *rand.Rand) edit {
	kinds := []func(*rand.Rand) edit{
		editEnvironments, editHost, editCertificate, editCertificate, editStorage, editStorage, editVersion, editOrganization,
		editPolicyRef, editDeletionPolicy, editPilots, editPilots, editPilots, editPolicies, editPolicies, editPlatform, editTenant, editRival, editMeddle, editMeddle,
	}
	made := kinds[rng.IntN(len(kinds))](rng)
	made.rounds = []int{0, 0, 1, 2, 4, endless}[rng.IntN(6)]
	return made
}

func pick[T any](rng *rand.Rand, from ...T) T { return from[rng.IntN(len(from))] }

func pickEnvironment(rng *rand.Rand) v1alpha1.EnvironmentName {
	return pick(rng, v1alpha1.ProductionEnvironment, v1alpha1.DevelopmentEnvironment)
}

// ofEnvironment is an edit of one environment, if it is wanted at all.
func ofEnvironment(name v1alpha1.EnvironmentName, text string, change func(*v1alpha1.Environment)) edit {
	return edit{text: string(name) + ": " + text, wish: func(w *wishes) {
		if e := w.environment(name); e != nil {
			change(e)
		}
	}}
}

// ofTenant is an edit of the tenant, if it is wanted at all.
func ofTenant(text string, change func(*v1alpha1.SharingTenantSpec)) edit {
	return edit{text: text, wish: func(w *wishes) {
		if w.tenant != nil {
			change(w.tenant)
		}
	}}
}

func editEnvironments(*rand.Rand) edit {
	return ofTenant("development comes or goes", func(t *v1alpha1.SharingTenantSpec) {
		if len(t.Environments) == 2 {
			t.Environments = t.Environments[:1]
			return
		}
		t.Environments = append(t.Environments, firstTenant().Environments[1])
	})
}

func editHost(rng *rand.Rand) edit {
	name, n := pickEnvironment(rng), rng.IntN(3)
	return ofEnvironment(name, fmt.Sprintf("host %d", n), func(e *v1alpha1.Environment) {
		e.Host = fmt.Sprintf("%s-%d.ministry.example", name, n)
	})
}

func editCertificate(rng *rand.Rand) edit {
	from := pick(rng, "voute-ca", "other-ca", "absent", "bought")
	return ofEnvironment(pickEnvironment(rng), "certificate from "+from, func(e *v1alpha1.Environment) {
		if e.Certificate = issuedBy(from); from == "bought" {
			e.Certificate = v1alpha1.CertificateSource{SecretName: from}
		}
	})
}

func editStorage(rng *rand.Rand) edit {
	gigabytes := pick(rng, 20, 21, 35, 60)
	return ofEnvironment(pickEnvironment(rng), fmt.Sprintf("%d GB", gigabytes), func(e *v1alpha1.Environment) {
		e.Storage.AllocatedGB = int64(gigabytes)
	})
}

func editVersion(rng *rand.Rand) edit {
	version := pick(rng, "", "0.1.0", "0.2.0", "9.9.9")
	return ofTenant("version "+version, func(t *v1alpha1.SharingTenantSpec) { t.Version = version })
}

func editOrganization(rng *rand.Rand) edit {
	what, n, contact := rng.IntN(4), rng.IntN(3), pick(rng, "", "555-0100")
	return ofTenant(fmt.Sprintf("organization %d.%d", what, n), func(t *v1alpha1.SharingTenantSpec) {
		o := &t.Organization
		switch what {
		case 0:
			o.NameFr = fmt.Sprintf("Justice %d", n)
		case 1:
			o.NameEn = fmt.Sprintf("Justice %d", n)
		case 2:
			o.FraudContact = contact
		default:
			if o.Logo = nil; n > 0 {
				o.Logo = &v1alpha1.ConfigMapKeyReference{Name: "brand", Key: fmt.Sprintf("logo-%d.svg", n)}
			}
		}
	})
}

func editPolicyRef(rng *rand.Rand) edit {
	name := pick(rng, "courante", "longue", "nowhere")
	return ofTenant("policy "+name, func(t *v1alpha1.SharingTenantSpec) { t.RetentionPolicyRef.Name = name })
}

func editDeletionPolicy(rng *rand.Rand) edit {
	policy := pick(rng, v1alpha1.RetainOnDeletion, v1alpha1.DestroyOnDeletion)
	return ofTenant("deletion policy "+string(policy), func(t *v1alpha1.SharingTenantSpec) { t.DeletionPolicy = policy })
}

func editTenant(*rand.Rand) edit {
	return edit{text: "the tenant comes or goes", wish: func(w *wishes) {
		if w.tenant == nil {
			w.tenant = firstTenant()
			return
		}
		w.tenant = nil
	}}
}

// editRival lets another client claim a host that this one has, or may come to want.
func editRival(rng *rand.Rand) edit {
	host := pick(rng, "", "partage.ministry.example", "production-0.ministry.example", "production-1.ministry.example")
	return edit{text: "another client claims the host " + host, wish: func(w *wishes) { w.rival = host }}
}

func editPilots(rng *rand.Rand) edit {
	which := rng.IntN(3)
	switch rng.IntN(4) {
	case 0, 1:
		email := fmt.Sprintf("%s-%d@justice.example", pick(rng, "person", "PERSON"), rng.IntN(3))
		return edit{text: "a pilot " + email, wish: func(w *wishes) { w.addPilot(email) }}
	case 2:
		return edit{text: fmt.Sprintf("pilot %d goes", which), wish: func(w *wishes) {
			if name := w.pilot(which); name != "" {
				delete(w.pilots, name)
			}
		}}
	default:
		email := fmt.Sprintf("person-%d@justice.example", rng.IntN(3))
		return edit{text: fmt.Sprintf("pilot %d has %s", which, email), wish: func(w *wishes) {
			if name := w.pilot(which); name != "" {
				w.pilots[name] = pilotSpec(email, "Someone else")
			}
		}}
	}
}

// pilot is the nth name; empty where there are no pilots.
func (w *wishes) pilot(n int) string {
	names := slices.Sorted(maps.Keys(w.pilots))
	if len(names) == 0 {
		return ""
	}
	return names[n%len(names)]
}

func editPolicies(rng *rand.Rand) edit {
	name, days := pick(rng, "courante", "longue"), int32(20+rng.IntN(3))
	if rng.IntN(3) == 0 {
		return edit{text: "policy " + name + " goes", wish: func(w *wishes) { delete(w.policies, name) }}
	}
	return edit{text: fmt.Sprintf("policy %s has %d days", name, days), wish: func(w *wishes) {
		w.policies[name] = v1alpha1.RetentionPolicySpec{DefaultDays: days, MinDays: 1, MaxDays: 90}
	}}
}

func editPlatform(rng *rand.Rand) edit {
	n, annotation, version := rng.IntN(2), pick(rng, "", "edge"), pick(rng, "0.1.0", "0.2.0")
	switch rng.IntN(4) {
	case 0:
		return edit{text: fmt.Sprintf("mail relay %d", n), wish: func(w *wishes) { w.platform.mailHost = fmt.Sprintf("relay-%d.example.org", n) }}
	case 1:
		return edit{text: fmt.Sprintf("development has %d GB", 2+n), wish: func(w *wishes) { w.platform.developmentGB = int64(2 + n) }}
	case 2:
		return edit{text: "annotation " + annotation, wish: func(w *wishes) { w.platform.annotation = annotation }}
	default:
		return edit{text: "the default version is " + version, wish: func(w *wishes) { w.platform.version = version }}
	}
}
