package apply

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
)

// claimable refuses an object that is someone else's. One that we have made
// stays ours, whatever label or owner others give it; of those, one made for a
// tenant of the same name that is gone is still on its way out.
func claimable(live, want *unstructured.Unstructured) error {
	if predecessor := predecessorOf(live, want); predecessor != nil {
		return conditions.Wait("NameTaken", "%s belongs to an earlier %s %s, and is going with it: what is wanted is made when it is gone.",
			describe(live), predecessor.Kind, predecessor.Name)
	}
	if hasEntry(live) || IsMade(live) {
		return nil
	}
	if owner := metav1.GetControllerOf(live); owner != nil && !isOwner(want, owner) {
		return conditions.Wait("NameTaken", "%s belongs to %s %s, which is going or has another use for it: wait, or remove it.",
			describe(live), owner.Kind, owner.Name)
	}
	if live.GetLabels()[v1alpha1.TenantLabel] == want.GetLabels()[v1alpha1.TenantLabel] {
		return nil
	}
	return conditions.Stall("NameTaken", "%s exists and is not this tenant's: remove or rename it.", describe(live))
}

// IsMade says whether the operator has made an object: it wrote its hash there.
func IsMade(object metav1.Object) bool { return object.GetAnnotations()[HashAnnotation] != "" }

// predecessorOf is the controller of an object that goes by the name of our own
// and is another: it was deleted, and its objects follow it.
func predecessorOf(live, want *unstructured.Unstructured) *metav1.OwnerReference {
	ours, owner := metav1.GetControllerOf(want), metav1.GetControllerOf(live)
	if ours == nil || owner == nil || ours.UID == owner.UID || ours.Kind != owner.Kind || ours.Name != owner.Name {
		return nil
	}
	return owner
}

func isOwner(want *unstructured.Unstructured, owner *metav1.OwnerReference) bool {
	for _, ours := range want.GetOwnerReferences() {
		if ours.UID == owner.UID {
			return true
		}
	}
	return false
}

// disinherit removes owners that others have written into an object, and names
// them. To the API server two controllers are an error, and to the garbage
// collector an owner that does not exist is a reason to remove the object.
func (a *Applier) disinherit(ctx context.Context, live, want *unstructured.Unstructured) (Result, error) {
	var strangers []string
	for _, owner := range live.GetOwnerReferences() {
		if !isOwner(want, &owner) {
			strangers = append(strangers, fmt.Sprintf("owner %s %s", owner.Kind, owner.Name))
		}
	}
	if len(strangers) == 0 {
		return Result{}, nil
	}
	change := operation{Op: "remove", Path: "/metadata/ownerReferences"}
	if ours := want.GetOwnerReferences(); len(ours) > 0 {
		change = operation{Op: "add", Path: "/metadata/ownerReferences", Value: ours}
	}
	if err := a.patch(ctx, live, []operation{change}); err != nil {
		return Result{}, fmt.Errorf("take %s back from %s: %w", describe(live), strings.Join(strangers, ", "), err)
	}
	return Result{Outcome: Repaired, Foreign: strangers[:min(len(strangers), maxNamed)]}, nil
}
