// Package pilots says who administers the clients' users, and how far the invitation
// of each is. It shows what kubectl get pilots shows, and no address.
package pilots

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/plugin/page"
)

// Pilot is one of a client's own administrators.
type Pilot struct {
	Namespace string              `json:"namespace"`
	Name      string              `json:"name"`
	Tenant    string              `json:"tenant"`
	Person    string              `json:"person"`
	Phase     v1alpha1.PilotPhase `json:"phase,omitempty"`
	// Ready and Message are the condition's.
	Ready      metav1.ConditionStatus `json:"ready"`
	Message    string                 `json:"message,omitempty"`
	Created    metav1.Time            `json:"created"`
	LastSignIn *metav1.Time           `json:"lastSignIn,omitempty"`
}

// Of are the pilots of a tenant, or of all where none is named, by tenant.
func Of(objects []v1alpha1.Pilot, tenant string) []Pilot {
	all := make([]Pilot, 0, len(objects))
	for i := range objects {
		if tenant == "" || objects[i].Spec.TenantRef.Name == tenant {
			all = append(all, of(&objects[i]))
		}
	}
	slices.SortFunc(all, func(a, b Pilot) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func of(object *v1alpha1.Pilot) Pilot {
	p := Pilot{
		Namespace: object.Namespace, Name: object.Name, Tenant: object.Spec.TenantRef.Name, Person: object.Spec.Name,
		Phase: object.Status.Phase, Ready: metav1.ConditionUnknown, Message: "No operator has looked at it yet.",
		Created: object.CreationTimestamp, LastSignIn: object.Status.LastSignIn,
	}
	if ready := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ReadyCondition); ready != nil {
		p.Ready, p.Message = ready.Status, ready.Message
	}
	return p
}

// Headings are kubectl's, its wide ones too.
var Headings = []string{"NAMESPACE", "NAME", "TENANT", "NAME", "PHASE", "READY", "AGE", "LAST-SIGN-IN", "MESSAGE"}

// Table has one line for each.
func Table(all []Pilot, now time.Time) string {
	rows := make([][]string, 0, len(all))
	for _, p := range all {
		signedIn := ""
		if p.LastSignIn != nil {
			signedIn = page.Distance(p.LastSignIn.Time, now)
		}
		rows = append(rows, []string{
			p.Namespace, p.Name, p.Tenant, p.Person, string(p.Phase), string(p.Ready), page.Lasting(now.Sub(p.Created.Time)), signedIn, p.Message,
		})
	}
	w := &page.Page{}
	w.Table(Headings, rows)
	return w.String()
}
