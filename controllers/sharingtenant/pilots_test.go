package sharingtenant

import (
	"context"
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	serverconfig "voute.dev/voute/server/config"
)

// answer is what the API server says of the tenant.
type answer struct {
	client.Reader
	tenant v1alpha1.SharingTenant
	err    error
	asked  int
}

func (a *answer) Get(_ context.Context, _ client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	a.asked++
	a.tenant.DeepCopyInto(object.(*v1alpha1.SharingTenant))
	return a.err
}

// TestPilotsStay: a tenant that waits to be deleted keeps its pilots in its
// servers' files, though the cache shows them gone and the tenant not yet going.
func TestPilotsStay(t *testing.T) {
	of := func(going *metav1.Time) v1alpha1.SharingTenant {
		return v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{UID: "a", DeletionTimestamp: going}}
	}
	another := of(nil)
	another.UID = "b"
	missing := apierrors.NewNotFound(schema.GroupResource{Resource: "sharingtenants"}, "justice")
	marie := []serverconfig.Pilot{{ID: "marie"}}
	for name, test := range map[string]struct {
		roster   []serverconfig.Pilot
		exposed  bool
		live     answer
		stays    bool
		askedFor int
	}{
		"pilots are there":          {marie, true, answer{}, true, 0},
		"nothing is open":           {nil, false, answer{}, true, 0},
		"removed by force":          {nil, true, answer{tenant: of(nil)}, true, 1},
		"the tenant is going":       {nil, true, answer{tenant: of(&metav1.Time{Time: noon})}, false, 1},
		"the tenant is gone":        {nil, true, answer{err: missing}, false, 1},
		"another came in its place": {nil, true, answer{tenant: another}, false, 1},
		"nobody knows":              {nil, true, answer{err: errors.New("away")}, false, 1},
	} {
		tenant := of(nil)
		s := &scope{tenant: &tenant, roster: test.roster, environments: []*environment{{exposed: test.exposed}}}
		r := &Reconciler{Live: &test.live}
		if err := r.pilotsStay(t.Context(), s); (err == nil) != test.stays || test.live.asked != test.askedFor {
			t.Errorf("%s: %v, after %d questions", name, err, test.live.asked)
		}
	}
}
