package sharingtenant

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func pod(container corev1.ContainerStatus, conditions ...corev1.PodCondition) corev1.Pod {
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(noon)},
		Status:     corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{container}, Conditions: conditions},
	}
}

func waiting(reason, message string) corev1.ContainerStatus {
	return corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}}
}

func TestNodeSays(t *testing.T) {
	pulling := waiting("ImagePullBackOff", "Back-off pulling image \"x:1\"")
	crashed := waiting("CrashLoopBackOff", "back-off 10s restarting failed container")
	crashed.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error", Message: "voute-server: migrate\n  the database: no\n"}
	killed := corev1.ContainerStatus{State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled"}}}
	old, leaving := pod(killed), pod(killed)
	old.CreationTimestamp = metav1.NewTime(noon.Add(-1e9))
	leaving.CreationTimestamp, leaving.DeletionTimestamp = metav1.NewTime(noon.Add(1e9)), &metav1.Time{Time: noon}
	for name, test := range map[string]struct {
		pods []corev1.Pod
		want string
	}{
		"no pod":                   {nil, ""},
		"an image that is not":     {[]corev1.Pod{pod(pulling)}, `ImagePullBackOff: Back-off pulling image "x:1"`},
		"a server that ends":       {[]corev1.Pod{pod(crashed)}, "the server ends with code 1 (Error): voute-server: migrate the database: no"},
		"without a word":           {[]corev1.Pod{pod(killed)}, "the server ends with code 137 (OOMKilled)"},
		"no place":                 {[]corev1.Pod{pod(corev1.ContainerStatus{}, corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/1 nodes"})}, "Unschedulable: 0/1 nodes"},
		"it is still being made":   {[]corev1.Pod{pod(waiting("ContainerCreating", ""), corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionTrue})}, ""},
		"it runs":                  {[]corev1.Pod{pod(corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}})}, ""},
		"the newest of those left": {[]corev1.Pod{old, leaving, pod(pulling), old}, `ImagePullBackOff: Back-off pulling image "x:1"`},
	} {
		if got := nodeSays(test.pods); got != test.want {
			t.Errorf("%s: %q; want %q", name, got, test.want)
		}
	}
}
