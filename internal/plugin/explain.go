package plugin

import (
	"context"
	"errors"
	"fmt"
	"net"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
)

// explain says what could not be done, and what to do about it.
func explain(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot %s: %w. %s", what, err, nextStep(err))
}

func nextStep(err error) string {
	var network net.Error
	var undiscovered *discovery.ErrGroupDiscoveryFailed
	switch {
	case meta.IsNoMatchError(err), errors.As(err, &undiscovered):
		return "This cluster does not know the kind: is it the right one (--context)? Voûte is installed as docs/install.md says; kubectl voute doctor tells what is missing"
	case apierrors.IsNotFound(err):
		return "Look at what there is with kubectl voute status -A, and name the namespace with -n"
	case apierrors.IsForbidden(err):
		return "Ask whoever administers the cluster for the role voute-viewer; docs/kubectl.md says what each command reads"
	case apierrors.IsUnauthorized(err):
		return "The cluster does not know you: sign in again, or choose another user with --user"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		return "Does the cluster answer? kubectl version asks it, by the same flags"
	default:
		return "kubectl get, with the same flags, says more"
	}
}
