package apply

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"voute.dev/voute/internal/conditions"
)

// repair removes what others have put into the closed parts, in three writes:
// an apply makes every desired field ours again, a patch sets the closed parts
// to what is desired, and another drops the owners that are left there (the
// defaults which that patch brings back would else count as someone's).
func (a *Applier) repair(ctx context.Context, live, want *unstructured.Unstructured, foreign []string) (Result, error) {
	live, err := a.write(ctx, live, want)
	if err != nil {
		return Result{}, err
	}
	var done Result
	for _, changes := range []func(live, want *unstructured.Unstructured) ([]operation, error){closing, disowning} {
		operations, err := changes(live, want)
		if err != nil {
			return done, err
		}
		if err := a.patch(ctx, live, operations); err != nil {
			if apierrors.IsConflict(err) {
				// What the apply has put back is no longer there for the next look to find.
				done = Result{Outcome: Repaired, Foreign: foreign}
			}
			return done, fmt.Errorf("remove what others have added (%s): %w", strings.Join(foreign, ", "), err)
		}
		done = Result{Outcome: Repaired, Foreign: foreign}
	}
	known := a.memory.store(live, want, returned(live, want))
	return done.with(known, want), known.problem()
}

// returned tells of what is back at once. It comes from an admission webhook:
// writing again would only fight it, so that it is remembered as a verdict.
func returned(live, want *unstructured.Unstructured) error {
	back := additions(live, want)
	if len(back) == 0 {
		return nil
	}
	return conditions.Stall("ForeignFieldsReturn", "Something adds %s to %s again as soon as it is removed: exempt this namespace from that admission webhook.",
		strings.Join(back, ", "), describe(live))
}

// operation is one of a JSON Patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// patch holds only for the version of the object that was looked at: any other
// is a conflict.
func (a *Applier) patch(ctx context.Context, live *unstructured.Unstructured, operations []operation) error {
	version := operation{Op: "replace", Path: "/metadata/resourceVersion", Value: live.GetResourceVersion()}
	text, err := json.Marshal(append([]operation{version}, operations...))
	if err != nil {
		return err
	}
	return a.writer.Patch(ctx, live, client.RawPatch(types.JSONPatchType, text), client.FieldOwner(Owner))
}

// closing makes the closed parts exactly what is desired; the API server fills
// the defaults in again.
func closing(live, want *unstructured.Unstructured) ([]operation, error) {
	var operations []operation
	for _, part := range closedParts[live.GetKind()] {
		_, isThere, err := unstructured.NestedFieldNoCopy(live.Object, part...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", strings.Join(part, "."), err)
		}
		value, isWanted, err := unstructured.NestedFieldNoCopy(want.Object, part...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", strings.Join(part, "."), err)
		}
		path := "/" + strings.Join(part, "/")
		switch {
		case isWanted:
			operations = append(operations, operation{Op: "add", Path: path, Value: value})
		case isThere:
			operations = append(operations, operation{Op: "remove", Path: path})
		}
	}
	return operations, nil
}

// disowning keeps our own entry, those of the status, and those of others who
// own nothing in the closed parts.
func disowning(live, _ *unstructured.Unstructured) ([]operation, error) {
	var kept []metav1.ManagedFieldsEntry
	for _, entry := range live.GetManagedFields() {
		inside, err := ownsInside(entry, closedParts[live.GetKind()])
		if err != nil {
			return nil, err
		}
		if isApplied(entry) || entry.Subresource != "" || !inside {
			kept = append(kept, entry)
		}
	}
	return []operation{{Op: "add", Path: "/metadata/managedFields", Value: kept}}, nil
}

func ownsInside(entry metav1.ManagedFieldsEntry, parts [][]string) (bool, error) {
	if entry.FieldsV1 == nil {
		return false, nil
	}
	set := &fieldpath.Set{}
	if err := set.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())); err != nil {
		return false, fmt.Errorf("fields of %s: %w", entry.Manager, err)
	}
	inside := false
	set.Iterate(func(path fieldpath.Path) { inside = inside || within(path, parts) })
	return inside, nil
}
