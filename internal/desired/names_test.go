package desired

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"

	"voute.dev/voute/api/v1alpha1"
)

// tenantName is the rule of the CRD.
const tenantName = `^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$`

// place is one environment of one tenant.
type place struct {
	namespace, tenant string
	environment       v1alpha1.EnvironmentName
}

var words = rapid.SampledFrom([]string{strings.Repeat("a", 40), "a", "b", "0", "-", "-a", "--", "-production", "-development", "-status", "-tls", "-scan", "production", "2026-12-03", "hold"})

// treacherous draws names that are made of the words which the operator adds
// itself, so that two of them meet if any two can.
func treacherous() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(words, 0, 3), func(parts []string) string {
		name := "a" + strings.Join(parts, "")
		return strings.TrimRight(name[:min(len(name), 40)], "-")
	})
}

func anyPlace() *rapid.Generator[place] {
	return rapid.Custom(func(t *rapid.T) place {
		return place{
			namespace:   rapid.SampledFrom([]string{"a", "a-a", "a-production", "b"}).Draw(t, "namespace"),
			tenant:      treacherous().Draw(t, "tenant"),
			environment: rapid.SampledFrom([]v1alpha1.EnvironmentName{v1alpha1.ProductionEnvironment, v1alpha1.DevelopmentEnvironment}).Draw(t, "environment"),
		}
	})
}

// claims are all names that an environment has for its own, each with what it
// is a name of: no two environments may share one.
func (p place) claims(t *testing.T, base Input) map[string]bool {
	in := base
	in.Tenant = base.Tenant.DeepCopy()
	in.Tenant.Namespace, in.Tenant.Name, in.Environment.Name = p.namespace, p.tenant, p.environment
	claims := map[string]bool{}
	for _, built := range objects(t, in) {
		object, err := meta.Accessor(built)
		if err != nil {
			t.Fatal(err)
		}
		kind := built.GetObjectKind().GroupVersionKind().Kind
		claims[kind+" "+p.namespace+"/"+object.GetName()] = true
		if kind == "Certificate" {
			claims["Secret "+p.namespace+"/"+object.GetName()] = true
		}
		if kind == "Service" {
			claims["DNS name "+object.GetName()+"."+p.namespace+".svc"] = true
		}
	}
	claims["DNS name "+ScanCertificate(in).Spec.DNSNames[0]] = true
	claims["status "+StatusAddress(p.namespace, p.tenant, p.environment)] = true
	return claims
}

// TestNamesNeverMeet: two environments share no object, no DNS name, no Secret
// and no key, and the keys of one are not found under the prefix of the other.
func TestNamesNeverMeet(t *testing.T) {
	base := minimal(t)
	rule := regexp.MustCompile(tenantName)
	rapid.Check(t, func(rt *rapid.T) {
		holder := map[string]place{}
		places := rapid.SliceOfNDistinct(anyPlace(), 2, 40, rapid.ID[place]).Draw(rt, "places")
		for _, each := range places {
			if !rule.MatchString(each.tenant) {
				rt.Fatalf("%q is not a name that admission lets through", each.tenant)
			}
			for claim := range each.claims(t, base) {
				if other, taken := holder[claim]; taken {
					rt.Errorf("%v and %v both have %s", other, each, claim)
				}
				holder[claim] = each
			}
		}
		checkKeys(rt, places)
	})
}

func checkKeys(t *rapid.T, places []place) {
	for _, a := range places {
		reach := KeyPrefix(a.namespace, a.tenant, a.environment) + "."
		for _, b := range places {
			if key := KeyPrefix(b.namespace, b.tenant, b.environment) + ".2026-12-03"; a != b && strings.HasPrefix(key, reach) {
				t.Errorf("the key %s of %v is listed as one of %v", key, b, a)
			}
		}
	}
}

// TestTheLongestNamesFit: at the limit of a tenant's name, all that follows from
// it is still a DNS label.
func TestTheLongestNamesFit(t *testing.T) {
	for _, environment := range []v1alpha1.EnvironmentName{v1alpha1.ProductionEnvironment, v1alpha1.DevelopmentEnvironment} {
		tenant := strings.Repeat("a", 40)
		for _, name := range []string{
			Name(tenant, environment), StatusServiceName(tenant, environment), CertificateName(tenant, environment), ScanCertificateName(tenant, environment),
		} {
			if problems := validation.IsDNS1035Label(name); len(problems) > 0 {
				t.Errorf("%s: %v", name, problems)
			}
		}
	}
}

// TestTheRuleIsThatOfAdmission: what is proven above holds for the names that
// the CRD lets through, and no bought certificate can have an issued one's name.
func TestTheRuleIsThatOfAdmission(t *testing.T) {
	crd, err := os.ReadFile("../../config/crd/bases/sharing.voute.dev_sharingtenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{"self.metadata.name.matches('" + tenantName + "')", `!self.matches(r"-(production|development)-(tls|scan)$")`} {
		if !strings.Contains(string(crd), rule) {
			t.Errorf("the CRD lacks the rule %s", rule)
		}
	}
}
