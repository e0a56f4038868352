package apply_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/test/apiserver"
)

// bench is a real API server with a count of what is asked of it.
type bench struct {
	client.WithWatch
	reads, writes int
	now           time.Time
}

func (b *bench) clock() time.Time { return b.now }

// TestApply tries the Applier on a real API server: what it leans on (field
// owners, defaults, list keys) is the server's.
func TestApply(t *testing.T) {
	server := apiserver.Start(t)
	base, err := client.NewWithWatch(server.Config, client.Options{Scheme: scheme.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]func(*testing.T, *bench, *apply.Applier, string){
		"creates once and then writes nothing":              createsOnce,
		"a new applier reads and writes nothing":            restarts,
		"a changed desired object is applied":               updates,
		"what was inherited is not inherited again":         inheritsOnce,
		"a field no longer desired goes":                    dropsField,
		"a changed field is put back":                       putsBack,
		"a deleted object is made again":                    makesAgain,
		"an injected container and host settings go":        removesInjected,
		"a volume and an environment variable go":           removesFromOwnContainer,
		"a status that moves meanwhile stops no repair":     repairsWhatMoves,
		"a foreign key of a ConfigMap goes":                 removesKey,
		"a widened NetworkPolicy is narrowed":               narrows,
		"a port and external address of a Service go":       closesService,
		"what controllers may add stays":                    leavesHarmless,
		"a status does not count as a change":               ignoresStatus,
		"what follows from the same is not rendered again":  goesBySource,
		"a claim grows and keeps what the server has added": growsClaim,
		"lost field owners are taken back":                  takesBack,
		"another owner and another label are removed":       keepsItsOwn,
		"another's object is refused":                       refuses,
		"what another makes meanwhile is not touched":       doesNotOverwrite,
		"one of ours that the cache does not show is kept":  findsUnseen,
		"a default goes on to be one after an update":       keepsDefaults,
		"an object of a tenant that is going is waited for": waits,
		"what returns at once is told and not fought":       doesNotFight,
		"what is refused is not asked for at once again":    remembersRefusal,
		"what was observed is not read again":               readsOnce,
		"deletion writes once":                              deletesOnce,
	} {
		t.Run(name, func(t *testing.T) {
			b := &bench{}
			b.WithWatch = counting(base, b)
			test(t, b, apply.New(b, b, b, b.clock), namespace(t, base))
		})
	}
}

func counting(base client.WithWatch, b *bench) client.WithWatch {
	return interceptor.NewClient(base, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if _, head := object.(*metav1.PartialObjectMetadata); !head {
				b.reads++
			}
			return c.Get(ctx, key, object, options...)
		},
		Create: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
			b.writes++
			return c.Create(ctx, object, options...)
		},
		Apply: func(ctx context.Context, c client.WithWatch, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
			b.writes++
			return c.Apply(ctx, object, options...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			b.writes++
			return c.Patch(ctx, object, patch, options...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			b.writes++
			return c.Delete(ctx, object, options...)
		},
	})
}

func namespace(t *testing.T, c client.Client) string {
	t.Helper()
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "apply-"}}
	if err := c.Create(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	return made.Name
}

func meta(namespace string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: "justice-production", Labels: map[string]string{v1alpha1.TenantLabel: "justice"}}
}

func deployment(namespace string) *appsv1.Deployment {
	labels := map[string]string{"app": "voute"}
	return &appsv1.Deployment{
		ObjectMeta: meta(namespace),
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To[int32](1),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					AutomountServiceAccountToken: ptr.To(false),
					Containers: []corev1.Container{{
						Name: "voute-server", Image: "localhost/voute-server:0.1.0",
						Env:          []corev1.EnvVar{{Name: "GOMEMLIMIT", Value: "1"}},
						Ports:        []corev1.ContainerPort{{Name: "https", ContainerPort: 8443}},
						Resources:    corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1024Mi")}},
						VolumeMounts: []corev1.VolumeMount{{Name: "tmp", MountPath: "/tmp"}},
					}},
					Volumes: []corev1.Volume{{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}},
				},
			},
		},
	}
}

func configMap(namespace, value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: meta(namespace), Data: map[string]string{"voute.yaml": value}}
}

// inherits is the write, before the first change of an object, by which the
// fields that it was made with count as applied.
const inherits = 1

// must applies and checks the outcome and the number of writes.
func must(t *testing.T, b *bench, a *apply.Applier, object client.Object, want apply.Outcome, writes int) apply.Result {
	t.Helper()
	b.writes = 0
	result, err := a.Apply(t.Context(), object, 0)
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	if result.Outcome != want || b.writes != writes {
		t.Fatalf("Apply: %s with %d writes (foreign %q), want %s with %d", result.Outcome, b.writes, result.Foreign, want, writes)
	}
	return result
}

func settled(t *testing.T, b *bench, a *apply.Applier, object client.Object) {
	t.Helper()
	must(t, b, a, object, apply.Unchanged, 0)
	b.reads = 0
	must(t, b, a, object, apply.Unchanged, 0)
	if b.reads != 0 {
		t.Fatalf("an unchanged object was read %d times", b.reads)
	}
}

func meddle(t *testing.T, b *bench, object client.Object, patch string) {
	t.Helper()
	err := b.Patch(t.Context(), object, client.RawPatch(types.StrategicMergePatchType, []byte(patch)), client.FieldOwner("kubectl-edit"))
	if err != nil {
		t.Fatalf("meddle: %v", err)
	}
}

func read[T client.Object](t *testing.T, b *bench, object T) T {
	t.Helper()
	if err := b.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		t.Fatal(err)
	}
	return object
}

func createsOnce(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, deployment(namespace), apply.Created, 1)
	settled(t, b, a, deployment(namespace))
}

func restarts(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	for _, object := range []client.Object{deployment(namespace), service(namespace), policy(namespace), claim(namespace, "1Gi")} {
		must(t, b, a, object, apply.Created, 1)
		settled(t, b, apply.New(b, b, b, b.clock), object)
	}
}

func updates(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, configMap(namespace, "a"), apply.Created, 1)
	must(t, b, a, configMap(namespace, "b"), apply.Updated, 1+inherits)
	settled(t, b, a, configMap(namespace, "b"))
	must(t, b, a, configMap(namespace, "c"), apply.Updated, 1)
	must(t, b, a, configMap(namespace, "b"), apply.Updated, 1)
	if got := read(t, b, configMap(namespace, "")).Data["voute.yaml"]; got != "b" {
		t.Errorf("voute.yaml is %q", got)
	}
}

func dropsField(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	more := configMap(namespace, "a")
	more.Data["trusted-ca.pem"] = "x"
	must(t, b, a, more, apply.Created, 1)
	must(t, b, a, configMap(namespace, "a"), apply.Updated, 1+inherits)
	if got := read(t, b, configMap(namespace, "")).Data; len(got) != 1 {
		t.Errorf("data is %v", got)
	}
}

func putsBack(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, deployment(namespace), apply.Created, 1)
	meddle(t, b, deployment(namespace), `{"spec":{"replicas":3}}`)
	must(t, b, a, deployment(namespace), apply.Repaired, 1+inherits)
	settled(t, b, a, deployment(namespace))
	if got := *read(t, b, deployment(namespace)).Spec.Replicas; got != 1 {
		t.Errorf("replicas are %d", got)
	}
}

func makesAgain(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, configMap(namespace, "a"), apply.Created, 1)
	if err := b.Delete(t.Context(), configMap(namespace, "")); err != nil {
		t.Fatal(err)
	}
	must(t, b, a, configMap(namespace, "a"), apply.Repaired, 1)
	settled(t, b, a, configMap(namespace, "a"))
}

func removesInjected(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, deployment(namespace), apply.Created, 1)
	meddle(t, b, deployment(namespace), `{"spec":{"template":{"spec":{"hostNetwork":true,"hostPID":true,
		"containers":[{"name":"spy","image":"example.org/spy"}],"initContainers":[{"name":"first","image":"example.org/first"}]}}}}`)
	result := must(t, b, a, deployment(namespace), apply.Repaired, 3+inherits)
	if !slices.ContainsFunc(result.Foreign, func(field string) bool { return strings.Contains(field, "spy") }) {
		t.Errorf("the foreign container is not named: %q", result.Foreign)
	}
	pod := read(t, b, deployment(namespace)).Spec.Template.Spec
	if len(pod.Containers) != 1 || len(pod.InitContainers) != 0 || pod.HostNetwork || pod.HostPID {
		t.Errorf("left behind: %+v", pod)
	}
	settled(t, b, a, deployment(namespace))
}

// repairsWhatMoves: a controller writes a status before each of the first writes
// arrives.
func repairsWhatMoves(t *testing.T, b *bench, _ *apply.Applier, namespace string) {
	moves := 0
	moving := interceptor.NewClient(b, interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			if moves++; moves <= 3 {
				live := read(t, b, deployment(namespace))
				live.Status.CollisionCount = ptr.To(ptr.Deref(live.Status.CollisionCount, 0) + 1)
				if err := b.Status().Update(ctx, live, client.FieldOwner("kube-controller-manager")); err != nil {
					return err
				}
			}
			return c.Patch(ctx, object, patch, options...)
		},
	})
	a := apply.New(b, b, moving, b.clock)
	must(t, b, a, deployment(namespace), apply.Created, 1)
	for container, named := range map[string]string{"spy": "spy", "voute-server": "image"} {
		moves = 0
		meddle(t, b, deployment(namespace), `{"spec":{"template":{"spec":{"containers":[{"name":"`+container+`","image":"example.org/spy"}]}}}}`)
		result, err := a.Apply(t.Context(), deployment(namespace), 0)
		if err != nil || result.Outcome != apply.Repaired || !strings.Contains(strings.Join(result.Foreign, " "), named) {
			t.Fatalf("Apply: %s, foreign %q, %v", result.Outcome, result.Foreign, err)
		}
		settled(t, b, a, deployment(namespace))
	}
}

func removesFromOwnContainer(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, deployment(namespace), apply.Created, 1)
	meddle(t, b, deployment(namespace), `{"spec":{"template":{"spec":{"volumes":[{"name":"host","hostPath":{"path":"/"}}],
		"containers":[{"name":"voute-server","command":["/bin/other"],"env":[{"name":"SSLKEYLOGFILE","value":"/x"}],
		"volumeMounts":[{"name":"host","mountPath":"/host"}],"securityContext":{"privileged":true}}]}}}}`)
	must(t, b, a, deployment(namespace), apply.Repaired, 3+inherits)
	pod := read(t, b, deployment(namespace)).Spec.Template.Spec
	own := pod.Containers[0]
	if len(pod.Volumes) != 1 || len(own.Env) != 1 || len(own.VolumeMounts) != 1 || own.SecurityContext != nil || own.Command != nil {
		t.Errorf("left behind: %+v", pod)
	}
	settled(t, b, a, deployment(namespace))
}

func removesKey(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, configMap(namespace, "a"), apply.Created, 1)
	meddle(t, b, configMap(namespace, ""), `{"data":{"trusted-ca.pem":"theirs"},"binaryData":{"x":"eA=="}}`)
	must(t, b, a, configMap(namespace, "a"), apply.Repaired, 3+inherits)
	if got := read(t, b, configMap(namespace, "")); len(got.Data) != 1 || len(got.BinaryData) != 0 {
		t.Errorf("left behind: %v %v", got.Data, got.BinaryData)
	}
}

func policy(namespace string) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		ObjectMeta: meta(namespace),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": "voute"}},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{Ports: []networkingv1.NetworkPolicyPort{{Port: ptr.To(intstr.FromInt32(8443))}}}},
		},
	}
}

func narrows(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, policy(namespace), apply.Created, 1)
	meddle(t, b, policy(namespace), `{"spec":{"ingress":[{"ports":[{"port":8443,"protocol":"TCP"}]},{}]}}`)
	must(t, b, a, policy(namespace), apply.Repaired, 3+inherits)
	if got := read(t, b, policy(namespace)).Spec.Ingress; len(got) != 1 {
		t.Errorf("ingress is %+v", got)
	}
	settled(t, b, a, policy(namespace))
}

func service(namespace string) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: meta(namespace),
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeLoadBalancer, Selector: map[string]string{"app": "voute"},
			Ports: []corev1.ServicePort{{Name: "https", Port: 443, TargetPort: intstr.FromString("https")}},
		},
	}
}

func closesService(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, service(namespace), apply.Created, 1)
	before := read(t, b, service(namespace))
	meddle(t, b, service(namespace), `{"spec":{"externalIPs":["192.0.2.1"],"selector":{"more":"x"},"ports":[{"name":"spy","port":9999}]}}`)
	must(t, b, a, service(namespace), apply.Repaired, 3+inherits)
	after := read(t, b, service(namespace))
	if len(after.Spec.Ports) != 1 || len(after.Spec.ExternalIPs) != 0 || len(after.Spec.Selector) != 1 {
		t.Errorf("left behind: %+v", after.Spec)
	}
	if after.Spec.ClusterIP != before.Spec.ClusterIP {
		t.Errorf("the address moved from %s to %s", before.Spec.ClusterIP, after.Spec.ClusterIP)
	}
	settled(t, b, a, service(namespace))
}

// inheritsOnce: the field owners of two ports are listed in another order than
// they are kept in.
func inheritsOnce(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	ports := func(version string) *corev1.Service {
		both := service(namespace)
		both.Annotations = map[string]string{"version": version}
		both.Spec.Ports = append(both.Spec.Ports, corev1.ServicePort{Name: "http", Port: 80, TargetPort: intstr.FromString("http")})
		return both
	}
	must(t, b, a, ports("1"), apply.Created, 1)
	must(t, b, a, ports("2"), apply.Updated, 1+inherits)
	must(t, b, a, ports("3"), apply.Updated, 1)
	settled(t, b, a, ports("3"))
}

func leavesHarmless(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, service(namespace), apply.Created, 1)
	meddle(t, b, service(namespace), `{"metadata":{"annotations":{"cloud.example/id":"7"},"finalizers":["service.kubernetes.io/load-balancer-cleanup"]}}`)
	settled(t, b, a, service(namespace))
	must(t, b, a, deployment(namespace), apply.Created, 1)
	meddle(t, b, deployment(namespace), `{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"2026-11-22"}}}}}`)
	settled(t, b, a, deployment(namespace))
}

func goesBySource(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	stub := func() client.Object { return &corev1.ConfigMap{ObjectMeta: meta(namespace)} }
	knows := func(when string, source uint64, want bool) {
		t.Helper()
		b.reads = 0
		if _, known, problem := a.Settled(t.Context(), stub(), source); known != want || problem != nil || b.reads != 0 {
			t.Errorf("%s, source %d: known is %v, with %d reads, %v", when, source, known, b.reads, problem)
		}
	}
	put := func(value string, source uint64) {
		t.Helper()
		if _, err := a.Apply(t.Context(), configMap(namespace, value), source); err != nil {
			t.Fatal(err)
		}
	}
	knows("there is none", 1, false)
	put("a", 1)
	knows("it was made", 1, true)
	knows("it was made", 2, false)
	put("b", 2)
	knows("it was changed", 1, false)
	knows("it was changed", 2, true)
	put("b", 3)
	knows("another source asks for the same", 3, true)
	meddle(t, b, stub(), `{"data":{"voute.yaml":"theirs"}}`)
	knows("somebody has changed it", 3, false)
	put("b", 3)
	knows("it was put back", 3, true)
	put("b", 0)
	knows("nobody says what it follows from", 0, false)
}

func ignoresStatus(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, deployment(namespace), apply.Created, 1)
	live := read(t, b, deployment(namespace))
	live.Status.Replicas, live.Status.ReadyReplicas, live.Status.AvailableReplicas = 1, 1, 1
	if err := b.Status().Update(t.Context(), live, client.FieldOwner("kube-controller-manager")); err != nil {
		t.Fatal(err)
	}
	result := must(t, b, a, deployment(namespace), apply.Unchanged, 0)
	var seen appsv1.Deployment
	if err := result.Into(&seen); err != nil || seen.Status.AvailableReplicas != 1 || seen.UID != live.UID {
		t.Errorf("the status is not given: %v, %v", seen, err)
	}
	settled(t, b, a, deployment(namespace))
}

func claim(namespace, size string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: meta(namespace),
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}},
		},
	}
}

func growsClaim(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, claim(namespace, "1024Mi"), apply.Created, 1)
	meddle(t, b, claim(namespace, "1Gi"), `{"spec":{"volumeName":"pv-1"},"metadata":{"annotations":{"pv.kubernetes.io/bind-completed":"yes"}}}`)
	settled(t, b, a, claim(namespace, "1024Mi"))
	observed := claim(namespace, "1Gi")
	found, err := a.Observe(t.Context(), observed)
	if err != nil || !found || observed.Spec.VolumeName != "pv-1" {
		t.Errorf("Observe: %v %v %+v", found, err, observed.Spec)
	}
}

func takesBack(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, deployment(namespace), apply.Created, 1)
	meddle(t, b, deployment(namespace), `{"metadata":{"managedFields":[{}]},"spec":{"template":{"spec":{"hostNetwork":true}}}}`)
	meddle(t, b, deployment(namespace), `{"metadata":{"managedFields":[{}]}}`)
	must(t, b, a, deployment(namespace), apply.Repaired, 3)
	if read(t, b, deployment(namespace)).Spec.Template.Spec.HostNetwork {
		t.Error("hostNetwork is left")
	}
	settled(t, b, a, deployment(namespace))
}

// keepsItsOwn: what the operator made stays its own, whatever controller takes
// it and whatever tenant it is labelled for; a claim, which has no owner, too.
func keepsItsOwn(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	owned := configMap(namespace, "a")
	owned.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "SharingTenant", Name: "justice", UID: "1", Controller: ptr.To(true),
	}}
	for _, object := range []client.Object{owned, claim(namespace, "1Gi")} {
		must(t, b, a, object.DeepCopyObject().(client.Object), apply.Created, 1)
		meddle(t, b, object.DeepCopyObject().(client.Object), `{"metadata":{"labels":{"`+v1alpha1.TenantLabel+`":"health"},"ownerReferences":[{"$patch":"replace"},
			{"apiVersion":"apps/v1","kind":"StatefulSet","name":"thief","uid":"2","controller":true}]}}`)
		result, err := a.Apply(t.Context(), object.DeepCopyObject().(client.Object), 0)
		if err != nil || result.Outcome != apply.Repaired || !slices.Equal(result.Foreign, []string{"owner StatefulSet thief"}) {
			t.Fatalf("Apply: %s, foreign %q, %v", result.Outcome, result.Foreign, err)
		}
		live := read(t, b, object.DeepCopyObject().(client.Object))
		if live.GetLabels()[v1alpha1.TenantLabel] != "justice" || len(live.GetOwnerReferences()) != len(object.GetOwnerReferences()) {
			t.Errorf("it has the labels %v and the owners %v", live.GetLabels(), live.GetOwnerReferences())
		}
		settled(t, b, a, object)
	}
}

func refuses(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	theirs := configMap(namespace, "theirs")
	theirs.Labels = nil
	if err := b.Create(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	b.writes = 0
	_, err := a.Apply(t.Context(), configMap(namespace, "a"), 0)
	if p := conditions.Classify(err); p == nil || p.Reason != "NameTaken" || p.Class != conditions.Stalled {
		t.Errorf("the error is %v", err)
	}
	if b.writes != 0 {
		t.Errorf("%d writes", b.writes)
	}
}

// blind is a cache that shows nothing, as the real one does of an object
// without the tenant's label, or made a moment ago.
func blind(b *bench) client.Reader {
	return interceptor.NewClient(b, interceptor.Funcs{
		Get: func(_ context.Context, _ client.WithWatch, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
			return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
		},
	})
}

func doesNotOverwrite(t *testing.T, b *bench, _ *apply.Applier, namespace string) {
	theirs := configMap(namespace, "theirs")
	theirs.Labels = nil
	if err := b.Create(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	a := apply.New(blind(b), b, b, b.clock)
	b.writes = 0
	for range 3 {
		_, err := a.Apply(t.Context(), configMap(namespace, "a"), 0)
		if p := conditions.Classify(err); p == nil || p.Reason != "NameTaken" {
			t.Errorf("the error is %v", err)
		}
	}
	if b.writes != 1 {
		t.Errorf("%d attempts to make it, want 1", b.writes)
	}
	if got := read(t, b, configMap(namespace, "")); got.ResourceVersion != theirs.ResourceVersion {
		t.Errorf("it was written: %+v", got)
	}
	if err := b.Delete(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	must(t, b, a, configMap(namespace, "a"), apply.Created, 1)
}

func findsUnseen(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, configMap(namespace, "a"), apply.Created, 1)
	meddle(t, b, configMap(namespace, ""), `{"metadata":{"labels":null},"data":{"spy":"x"}}`)
	restarted := apply.New(blind(b), b, b, b.clock)
	must(t, b, restarted, configMap(namespace, "a"), apply.Repaired, 1+3+inherits) // the first finds that it exists
	if got := read(t, b, configMap(namespace, "")); len(got.Data) != 1 || got.Labels[v1alpha1.TenantLabel] == "" {
		t.Errorf("left behind: %v, %v", got.Labels, got.Data)
	}
}

// keepsDefaults: the API server counts the defaults of an object as ours when
// we make it, and no longer when we apply.
func keepsDefaults(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	for _, object := range []client.Object{deployment(namespace), service(namespace), policy(namespace)} {
		must(t, b, a, object.DeepCopyObject().(client.Object), apply.Created, 1)
		before := specOf(t, b, object)
		object.SetAnnotations(map[string]string{"more": "x"})
		must(t, b, a, object, apply.Updated, 1+inherits)
		if diff := cmp.Diff(before, specOf(t, b, object)); diff != "" {
			t.Errorf("the annotation changed %T:\n%s", object, diff)
		}
	}
}

func specOf(t *testing.T, b *bench, object client.Object) any {
	t.Helper()
	gvk, err := b.GroupVersionKindFor(object)
	if err != nil {
		t.Fatal(err)
	}
	live := &unstructured.Unstructured{}
	live.SetGroupVersionKind(gvk)
	live.SetNamespace(object.GetNamespace())
	live.SetName(object.GetName())
	return read(t, b, live).Object["spec"]
}

func waits(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	owned := func(uid types.UID) *corev1.ConfigMap {
		object := configMap(namespace, "a")
		object.OwnerReferences = []metav1.OwnerReference{{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "SharingTenant", Name: "justice", UID: uid, Controller: ptr.To(true),
		}}
		return object
	}
	must(t, b, a, owned("1"), apply.Created, 1)
	_, err := a.Apply(t.Context(), owned("2"), 0)
	if p := conditions.Classify(err); p == nil || p.Reason != "NameTaken" || p.Class != conditions.Waiting {
		t.Errorf("the error is %v", err)
	}
}

// doesNotFight stands in for an admission webhook: what it adds is there again
// in the answer to the write that removed it.
func doesNotFight(t *testing.T, b *bench, _ *apply.Applier, namespace string) {
	webhook := interceptor.NewClient(b, interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			if err := c.Patch(ctx, object, patch, options...); err != nil {
				return err
			}
			b.inject(ctx, namespace)
			return c.Get(ctx, client.ObjectKeyFromObject(object), object)
		},
	})
	a := apply.New(b, b, webhook, b.clock)
	must(t, b, a, configMap(namespace, "a"), apply.Created, 1)
	b.inject(t.Context(), namespace)
	b.writes = 0
	for range 3 {
		_, err := a.Apply(t.Context(), configMap(namespace, "a"), 0)
		if p := conditions.Classify(err); p == nil || p.Reason != "ForeignFieldsReturn" {
			t.Fatalf("the error is %v", err)
		}
	}
	if b.writes != 3+inherits {
		t.Errorf("%d writes, want those of one attempt", b.writes)
	}
}

// inject writes behind the counter's back.
func (b *bench) inject(ctx context.Context, namespace string) {
	patch := client.RawPatch(types.StrategicMergePatchType, []byte(`{"data":{"injected":"x"}}`))
	writes := b.writes
	_ = b.Patch(ctx, configMap(namespace, ""), patch, client.FieldOwner("webhook")) // there is none to patch at first
	b.writes = writes
}

func remembersRefusal(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, claim(namespace, "2Gi"), apply.Created, 1)
	try := func(size string, writes int) {
		t.Helper()
		b.writes = 0
		if _, err := a.Apply(t.Context(), claim(namespace, size), 0); !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err) {
			t.Fatalf("a claim that is not bound changes its size: %v", err)
		}
		if b.writes != writes {
			t.Fatalf("%d writes, want %d", b.writes, writes)
		}
	}
	try("3Gi", 1+inherits)
	try("3Gi", 0)
	try("4Gi", 1)
	b.now = b.now.Add(5 * time.Minute)
	try("4Gi", 1)
	settled(t, b, a, claim(namespace, "2Gi"))
}

func readsOnce(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	must(t, b, a, deployment(namespace), apply.Created, 1)
	meddle(t, b, deployment(namespace), `{"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}}}`)
	b.reads = 0
	observed := &appsv1.Deployment{ObjectMeta: meta(namespace)}
	if found, err := a.Observe(t.Context(), observed); err != nil || !found || observed.UID == "" {
		t.Fatalf("Observe: %v, %v, %+v", found, err, observed.ObjectMeta)
	}
	must(t, b, a, deployment(namespace), apply.Unchanged, 0)
	if b.reads != 1 {
		t.Errorf("%d reads", b.reads)
	}
	settled(t, b, a, deployment(namespace))
	if !a.IsNews(configMap(namespace, "")) || a.IsNews(headOf(t, b, namespace)) {
		t.Error("a version that was looked at is news, or one that was not is none")
	}
	meddle(t, b, deployment(namespace), `{"spec":{"replicas":3}}`)
	if !a.IsNews(headOf(t, b, namespace)) {
		t.Error("what somebody has changed is no news")
	}
}

func headOf(t *testing.T, b *bench, namespace string) client.Object {
	t.Helper()
	head := &metav1.PartialObjectMetadata{ObjectMeta: meta(namespace)}
	head.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("Deployment"))
	return read(t, b, head)
}

func deletesOnce(t *testing.T, b *bench, a *apply.Applier, namespace string) {
	held := configMap(namespace, "a")
	held.Finalizers = []string{"example.org/hold"}
	if err := b.Create(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	b.writes = 0
	for range 2 {
		if gone, err := a.Delete(t.Context(), configMap(namespace, "")); gone || err != nil {
			t.Fatalf("Delete of a held object: gone %v, %v", gone, err)
		}
	}
	meddle(t, b, configMap(namespace, ""), `{"metadata":{"finalizers":null}}`)
	b.writes--
	if gone, err := a.Delete(t.Context(), configMap(namespace, "")); !gone || err != nil {
		t.Errorf("Delete of what is gone: gone %v, %v", gone, err)
	}
	if b.writes != 1 {
		t.Errorf("%d writes, want 1", b.writes)
	}
}
