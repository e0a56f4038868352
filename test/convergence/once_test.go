package convergence

import (
	"testing"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
)

// steps are edits that have a name.
func steps() map[string]edit {
	production := metav1.ObjectMeta{Name: desired.CertificateName(tenantName, v1alpha1.ProductionEnvironment)}
	development := metav1.ObjectMeta{Name: desired.Name(tenantName, v1alpha1.DevelopmentEnvironment)}
	return map[string]edit{
		"settles":     {text: "nothing", wish: func(*wishes) {}, rounds: endless},
		"unlabelled":  others("a ConfigMap loses its label", &corev1.ConfigMap{ObjectMeta: development}, `{"metadata":{"labels":{"`+v1alpha1.TenantLabel+`":null}}}`),
		"uncertified": others("a Certificate goes", &certmanagerv1.Certificate{ObjectMeta: production}, ""),
		"departs":     editEnvironments(nil),
		"removed":     editTenant(nil),
		"bought": ofEnvironment(v1alpha1.ProductionEnvironment, "a bought certificate", func(e *v1alpha1.Environment) {
			e.Certificate = v1alpha1.CertificateSource{SecretName: "bought"}
		}),
		"joined": {text: "a second pilot", rounds: endless, wish: func(w *wishes) { w.addPilot("paul@justice.example") }},
		"same": {text: "the first pilot takes the second one's address", wish: func(w *wishes) {
			w.pilots["marie"] = pilotSpec("PAUL@justice.example", "Marie")
		}},
	}
}

func others(text string, object client.Object, patch string) edit {
	return edit{text: text, wish: func(*wishes) {}, meddle: &meddling{object: object, patch: patch}}
}

// TestOnceFailed has what sequences have found, cut down.
func TestOnceFailed(t *testing.T) {
	model, known := loadModel(t), steps()
	for name, names := range map[string][]string{
		"what lost its label goes with its environment":        {"settles", "unlabelled", "departs"},
		"the key of a removed Certificate goes":                {"settles", "uncertified", "bought"},
		"a pilot that nobody knows any more is not invited":    {"joined", "same"},
		"a tenant that is made anew needs no repair":           {"settles", "removed"},
		"nothing is told twice though the cache is far behind": {"joined", "settles", "removed", "settles"},
	} {
		for _, m := range modes {
			if m.lag == 0 && m.name != "in peace" {
				continue
			}
			s := sequence{seed: 1, mode: m}
			for _, each := range names {
				s.edits = append(s.edits, known[each])
			}
			if err := s.run(model); err != nil {
				t.Errorf("%s: %v\n%v", name, s, err)
			}
		}
	}
}
