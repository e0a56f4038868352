package sharingtenant

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"voute.dev/voute/internal/desired"
)

// longestObstacle keeps room for the rest of a sentence in the status.
const longestObstacle = 600

// +kubebuilder:rbac:groups="",resources=pods,verbs=list

// obstacle is what keeps a server from getting ready, in the node's words where it
// has any. They are asked for when a change is given up, and not before: whoever
// looks later finds another pod, and pods are watched for nothing else.
func (r *Reconciler) obstacle(ctx context.Context, s *scope, e *environment) string {
	pods := &corev1.PodList{}
	if err := r.Live.List(ctx, pods, client.InNamespace(s.tenant.Namespace), client.MatchingLabels(desired.Labels(s.tenant.Name, e.Name))); err != nil {
		log.FromContext(ctx).Error(err, "cannot ask why the server does not get ready", "environment", e.Name)
	}
	if said := nodeSays(pods.Items); said != "" {
		return shortenedTo(said, longestObstacle)
	}
	if e.problem != nil {
		return e.problem.Message
	}
	return "it did not get ready"
}

// nodeSays is what a node, or the scheduler, says of the newest pod that stays.
func nodeSays(pods []corev1.Pod) string {
	pods = slices.DeleteFunc(slices.Clone(pods), func(p corev1.Pod) bool { return p.DeletionTimestamp != nil })
	if len(pods) == 0 {
		return ""
	}
	newest := slices.MaxFunc(pods, func(a, b corev1.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	for _, container := range newest.Status.ContainerStatuses {
		if said := containerSays(container); said != "" {
			return said
		}
	}
	for _, condition := range newest.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			return sentence(condition.Reason, condition.Message)
		}
	}
	return ""
}

// containerSays: how a server ended says more than that it is started again.
func containerSays(container corev1.ContainerStatus) string {
	ended := cmp.Or(container.State.Terminated, container.LastTerminationState.Terminated)
	switch waiting := container.State.Waiting; {
	case ended != nil:
		return sentence(fmt.Sprintf("the server ends with code %d (%s)", ended.ExitCode, ended.Reason), ended.Message)
	case waiting != nil && waiting.Message != "":
		return sentence(waiting.Reason, waiting.Message)
	default:
		return ""
	}
}

// sentence puts what may be several lines of a log on one.
func sentence(what, said string) string {
	said = strings.Join(strings.Fields(said), " ")
	return strings.TrimSuffix(what+": "+said, ": ")
}
