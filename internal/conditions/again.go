package conditions

import (
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
)

// soon is after how long a cache that was behind has mostly caught up.
const soon = 100 * time.Millisecond

// Again ends a reconcile that could not write. A conflict is no fault: what was
// read is older than what is there, and is looked at again soon.
func Again(err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: soon}, nil
	}
	return ctrl.Result{}, err
}
