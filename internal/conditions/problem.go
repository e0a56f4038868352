package conditions

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Class says what a step that is not done needs next.
type Class int

const (
	// Waiting is progress: something was asked for and is on its way.
	Waiting Class = iota + 1
	// Retrying is a fault that is expected to pass: the same is tried again.
	Retrying
	// Stalled needs a person: trying again changes nothing.
	Stalled
	// Blocked stands behind another step, and says nothing about progress of its own.
	Blocked
)

// Problem is why a step is not done. Reason is a CamelCase word; Message is a
// sentence for a person that names the next step to take.
type Problem struct {
	Class   Class
	Reason  string
	Message string
	// After is when to look again; 0 leaves it to the caller.
	After time.Duration
	// Cause is for the log; its text is not shown in a condition.
	Cause error

	unforeseen bool
}

// Error is the reason and the message.
func (p *Problem) Error() string {
	if p.Cause == nil {
		return p.Reason + ": " + p.Message
	}
	return p.Reason + ": " + p.Message + ": " + p.Cause.Error()
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// Wait says that something is on its way.
func Wait(reason, format string, args ...any) *Problem {
	return &Problem{Class: Waiting, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Retry says that a fault is expected to pass.
func Retry(cause error, reason, format string, args ...any) *Problem {
	return &Problem{Class: Retrying, Reason: reason, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// Stall says that nothing will change until a person acts.
func Stall(reason, format string, args ...any) *Problem {
	return &Problem{Class: Stalled, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Block says that another step must be done first.
func Block(reason, format string, args ...any) *Problem {
	return &Problem{Class: Blocked, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// IsForeseen says whether a step itself found the problem. What is not foreseen
// comes from the API server or is a fault of ours: it belongs in the log.
func IsForeseen(err error) bool {
	p := Classify(err)
	return p == nil || !p.unforeseen
}

// Classify is the one place where errors become problems. An error that is not
// a Problem comes from the API server, or from a fault nobody foresaw: both are
// retried, except where the API server says that the object itself is bad.
func Classify(err error) *Problem {
	var p *Problem
	if err == nil || errors.As(err, &p) {
		return p
	}
	p = judgeFault(err)
	p.unforeseen = true
	return p
}

// IsOnItsWay says whether nothing is wrong, and something is not done yet.
func IsOnItsWay(results []Result) bool {
	waits := false
	for _, result := range results {
		switch p := Classify(result.Err); {
		case p == nil, p.Class == Blocked:
		case p.Class == Waiting:
			waits = true
		default:
			return false
		}
	}
	return waits
}

func judgeFault(err error) *Problem {
	switch {
	case errors.Is(err, context.Canceled):
		return Retry(err, "Interrupted", "The operator was stopped while it worked; it takes up the work at its next start.")
	case meta.IsNoMatchError(err), isUnserved(err):
		return Retry(err, "KindMissing", "The cluster does not know a kind that the operator needs (%s): install cert-manager and the operator's own CRDs.", err)
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return Wait("NamespaceLeaving", "The namespace is being deleted, and takes nothing new: make the tenant again when it is gone.")
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		p := Stall("Rejected", "The API server rejects an object: %s. Correct the field it names.", err)
		p.Cause = err
		return p
	case apierrors.IsForbidden(err):
		return Retry(err, "Forbidden", "The API server does not allow it: %s. Check the operator's RBAC, quotas and policies of the namespace.", err)
	default:
		return Retry(err, "Failed", "It did not work and is tried again: %s.", err)
	}
}

// isUnserved tells a kind that went while the operator ran (the API server has
// no such path any more) from an object that is not there.
func isUnserved(err error) bool {
	return apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}
