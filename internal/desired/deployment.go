package desired

import (
	"maps"
	"path"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	serverconfig "voute.dev/voute/server/config"
)

const (
	serverUser  = 65532
	httpsPort   = 8443
	httpPort    = 8080
	statusPort  = 8444
	httpsName   = "https"
	httpName    = "http"
	statusName  = "status"
	serverPath  = "/voute-server"
	livePath    = "/healthz"
	readyPath   = "/readyz"
	memoryLimit = "GOMEMLIMIT"
)

// Deployment runs the sharing server: one replica, since its database is a file,
// and Recreate, since its volume knows one pod only. Its pod template follows
// from the version, the platform and the names of what is mounted, never from
// what voute.yaml says.
func Deployment(in Input) *appsv1.Deployment {
	meta := in.owned(in.name())
	meta.Labels[versionLabel] = in.Version
	return &appsv1.Deployment{
		TypeMeta:   typeMeta("apps/v1", "Deployment"),
		ObjectMeta: meta,
		Spec: appsv1.DeploymentSpec{
			Replicas:             ptr.To[int32](1),
			RevisionHistoryLimit: ptr.To[int32](2),
			Strategy:             appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType},
			Selector:             &metav1.LabelSelector{MatchLabels: in.selector()},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: maps.Clone(meta.Labels)},
				Spec:       in.podSpec(),
			},
		},
	}
}

func (in Input) podSpec() corev1.PodSpec {
	server := in.Platform.Server
	return corev1.PodSpec{
		ServiceAccountName:            in.name(),
		AutomountServiceAccountToken:  ptr.To(false),
		EnableServiceLinks:            ptr.To(false),
		TerminationGracePeriodSeconds: ptr.To(gracePeriod()),
		NodeSelector:                  server.NodeSelector,
		Tolerations:                   server.Tolerations,
		ImagePullSecrets:              pullSecrets(server.ImagePullSecrets),
		SecurityContext:               podSecurity(),
		Containers:                    []corev1.Container{in.container()},
		Volumes:                       volumes(in.mounts()),
	}
}

// gracePeriod lets an upload under way come to its end.
func gracePeriod() int64 {
	return int64(serverconfig.Shutdown{}.Longest() / time.Second)
}

func pullSecrets(names []string) []corev1.LocalObjectReference {
	references := make([]corev1.LocalObjectReference, 0, len(names))
	for _, name := range names {
		references = append(references, corev1.LocalObjectReference{Name: name})
	}
	return references
}

func (in Input) container() corev1.Container {
	return corev1.Container{
		Name:            serverName,
		Image:           in.Image,
		ImagePullPolicy: corev1.PullIfNotPresent,
		Command:         []string{serverPath},
		Args:            []string{"--config", path.Join(configDirectory, configFile)},
		Env:             memoryTarget(in.Platform.Server.Resources),
		Ports: []corev1.ContainerPort{
			{Name: httpsName, ContainerPort: httpsPort, Protocol: corev1.ProtocolTCP},
			{Name: httpName, ContainerPort: httpPort, Protocol: corev1.ProtocolTCP},
			{Name: statusName, ContainerPort: statusPort, Protocol: corev1.ProtocolTCP},
		},
		Resources:       in.Platform.Server.Resources,
		SecurityContext: containerSecurity(),
		// What the server says at its end, of a migration above all, is in its pod's status.
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		// A start may migrate the database: up to five minutes before it counts as failed.
		StartupProbe:   probe(livePath, 2, 150),
		LivenessProbe:  probe(livePath, 10, 6),
		ReadinessProbe: probe(readyPath, 5, 3),
		VolumeMounts:   volumeMounts(in.mounts()),
	}
}

// memoryTarget tells Go's collector to work harder before the memory limit ends
// the server: a tenth of the limit is left for what is not on Go's heap.
func memoryTarget(resources corev1.ResourceRequirements) []corev1.EnvVar {
	limit, found := resources.Limits[corev1.ResourceMemory]
	if !found {
		return nil
	}
	return []corev1.EnvVar{{Name: memoryLimit, Value: strconv.FormatInt(limit.Value()/10*9, 10)}}
}

func probe(path string, periodSeconds, failures int32) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{
			HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString(httpName), Scheme: corev1.URISchemeHTTP},
		},
		PeriodSeconds:    periodSeconds,
		TimeoutSeconds:   3,
		FailureThreshold: failures,
	}
}

func podSecurity() *corev1.PodSecurityContext {
	return &corev1.PodSecurityContext{
		RunAsNonRoot:        ptr.To(true),
		RunAsUser:           ptr.To[int64](serverUser),
		RunAsGroup:          ptr.To[int64](serverUser),
		FSGroup:             ptr.To[int64](serverUser),
		FSGroupChangePolicy: ptr.To(corev1.FSGroupChangeOnRootMismatch),
		SeccompProfile:      &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

func containerSecurity() *corev1.SecurityContext {
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: ptr.To(false),
		Privileged:               ptr.To(false),
		ReadOnlyRootFilesystem:   ptr.To(true),
		RunAsNonRoot:             ptr.To(true),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}
