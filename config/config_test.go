package config

import (
	"os"
	"strings"
	"testing"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/platform"
	serverconfig "voute.dev/voute/server/config"
	"voute.dev/voute/test/apiserver"
)

const (
	operatorNamespace = "voute-system"
	operatorName      = "voute-operator"
)

func TestInstall(t *testing.T) {
	server := apiserver.Start(t, apiserver.CertManagerCRDs(t))
	t.Run("an operator without its kinds says so", func(t *testing.T) {
		if _, err := controllers.NewManager(server.Config, controllers.Options{}); err == nil || !strings.Contains(err.Error(), "kubectl apply --server-side -k config/crd") {
			t.Errorf("it says %v", err)
		}
	})
	t.Run("the operator", func(t *testing.T) { installOperator(t, server) })
	t.Run("the sample client", func(t *testing.T) { installSamples(t, server) })
	t.Run("Vault's own rights", func(t *testing.T) {
		server.MustKubectl(t, "", "apply", "--validate=strict", "-f", "vault/token-review.yaml")
	})
	t.Run("the operator's rights", func(t *testing.T) { tryRights(t, server) })
	t.Run("the operator makes what is desired", func(t *testing.T) { makeDesired(t, server) })
	t.Run("people's rights", func(t *testing.T) { tryPeople(t, server) })
}

// installOperator does what the README says, twice: the second time changes nothing.
func installOperator(t *testing.T, server *apiserver.Server) {
	server.MustKubectl(t, "", "apply", "--server-side", "--validate=strict", "-k", "default")
	server.MustKubectl(t, "", "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
	before := server.MustKubectl(t, "", "get", "-k", "default", "-o", "jsonpath={.items[*].metadata.resourceVersion}")
	server.MustKubectl(t, "", "apply", "--server-side", "--validate=strict", "-k", "default")
	if after := server.MustKubectl(t, "", "get", "-k", "default", "-o", "jsonpath={.items[*].metadata.resourceVersion}"); after != before {
		t.Errorf("applied again, something changed: %s, then %s", before, after)
	}
	if actions := server.MustKubectl(t, "", "get", "validatingadmissionpolicybinding", "voute-emergency-reason", "-o", "jsonpath={.spec.validationActions}"); actions != `["Deny"]` {
		t.Errorf("an emergency without a reason is answered with %s", actions)
	}
	mounted := server.MustKubectl(t, "", "get", "configmap", "-n", operatorNamespace, "voute-platform", "-o", `jsonpath={.data.platform\.yaml}`)
	if _, err := platform.Load([]byte(mounted)); err != nil {
		t.Errorf("the platform configuration that is installed is refused: %v", err)
	}
	pod := server.MustKubectl(t, "", "get", "deployment", "-n", operatorNamespace, operatorName, "-o", "jsonpath={.spec.template}")
	warned, err := server.Kubectl(t, `{"apiVersion":"v1","kind":"Pod",`+strings.Replace(strings.TrimPrefix(pod, "{"),
		`"metadata":{`, `"metadata":{"name":"try","namespace":"`+operatorNamespace+`",`, 1), "create", "--dry-run=server", "-f", "-")
	if err != nil {
		t.Errorf("the operator's pod is refused in its own namespace: %v %s", err, warned)
	}
}

func installSamples(t *testing.T, server *apiserver.Server) {
	server.MustKubectl(t, "", "apply", "--server-side", "--validate=strict", "-k", "samples")
	for query, want := range map[string]string{
		`namespace/justice={.metadata.labels.sharing\.voute\.dev/clients}`:              "true",
		`namespace/justice={.metadata.labels.pod-security\.kubernetes\.io/enforce}`:     "restricted",
		"stn/justice={.spec.environments[*].host}":                                      "partage.justice.localhost partage-dev.justice.localhost",
		"stn/justice={.spec.environments[*].certificate.issuerRef.name}":                "voute-ca voute-ca",
		"plt/marie-tremblay={.spec.tenantRef.name} {.spec.email}":                       "justice marie.tremblay@justice.example",
		"rtp/courante={.spec.defaultDays}":                                              "30",
		`secret/voute-smtp={.metadata.labels.sharing\.voute\.dev/sample-credentials}`:   "true",
		"rolebinding/voute-operator-issued-secrets={.roleRef.name} {.subjects[*].name}": "voute-operator-issued-secrets voute-operator",
	} {
		object, path, _ := strings.Cut(query, "=")
		if got := server.MustKubectl(t, "", "get", "-n", "justice", object, "-o", "jsonpath="+path); got != want {
			t.Errorf("%s is %q; want %q", query, got, want)
		}
	}
}

// may asks the API server whether somebody may do something: "verb resource.group[/subresource] [name]" in a namespace.
func may(t *testing.T, config *rest.Config, namespace, question string) bool {
	t.Helper()
	words := append(strings.Fields(question), "")
	resource, subresource, _ := strings.Cut(words[1], "/")
	resource, group, _ := strings.Cut(resource, ".")
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: words[0], Group: group, Resource: resource, Subresource: subresource, Name: words[2],
		},
	}}
	if err := connect(t, config).Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

// tryRights compares what the operator may do with what it needs.
func tryRights(t *testing.T, server *apiserver.Server) {
	operator := server.ServiceAccount(t, operatorNamespace, operatorName)
	for namespace, questions := range map[string][]string{
		"justice": {
			"patch sharingtenants.sharing.voute.dev", "patch pilots.sharing.voute.dev/status", "watch retentionpolicies.sharing.voute.dev",
			"update sharingtenants.sharing.voute.dev/finalizers", "get certificaterequests.cert-manager.io", "create events.events.k8s.io",
			"delete secrets justice-production-tls", "get namespaces justice",
		},
		"culture":         {"list services", "watch deployments.apps", "delete persistentvolumeclaims", "create certificates.cert-manager.io"},
		operatorNamespace: {"create leases.coordination.k8s.io", "update leases.coordination.k8s.io voute-operator", "get secrets voute-operator-identity", "create secrets"},
	} {
		for _, question := range questions {
			if !may(t, operator, namespace, question) {
				t.Errorf("the operator may not %s in %s", question, namespace)
			}
		}
	}
	for namespace, questions := range map[string][]string{
		"justice": {
			"get secrets voute-smtp", "list secrets", "watch secrets", "create secrets", "update secrets", "patch secrets", "deletecollection secrets",
			"create pods", "get pods", "create pods/exec", "create roles.rbac.authorization.k8s.io", "create rolebindings.rbac.authorization.k8s.io",
			"impersonate serviceaccounts", "create serviceaccounts/token", "create sharingtenants.sharing.voute.dev", "delete sharingtenants.sharing.voute.dev",
			"update sharingtenants.sharing.voute.dev", "deletecollection persistentvolumeclaims", "approve certificaterequests.cert-manager.io",
			"patch namespaces justice", "patch deployments.apps/scale",
		},
		"culture": {"delete secrets", "get secrets"},
		operatorNamespace: {"get secrets other", "list secrets", "delete secrets voute-operator-identity", "update leases.coordination.k8s.io other",
			"patch leases.coordination.k8s.io voute-operator", "patch events", "update secrets voute-operator-identity", "patch secrets voute-operator-identity"},
		"": {"list secrets", "list nodes", "create clusterrolebindings.rbac.authorization.k8s.io", "patch customresourcedefinitions.apiextensions.k8s.io", "list namespaces"},
	} {
		for _, question := range questions {
			if may(t, operator, namespace, question) {
				t.Errorf("the operator may %s in %q: it has no need to", question, namespace)
			}
		}
	}
}

// makeDesired lets the operator, under its own rights, make every object that
// internal/desired builds in a restricted namespace, make it again without a
// change, and remove it.
func makeDesired(t *testing.T, server *apiserver.Server) {
	tenant := &v1alpha1.SharingTenant{}
	if err := connect(t, server.Config).Get(t.Context(), client.ObjectKey{Namespace: "justice", Name: "justice"}, tenant); err != nil {
		t.Fatal(err)
	}
	operator := connect(t, server.ServiceAccount(t, operatorNamespace, operatorName))
	for _, environment := range tenant.Spec.Environments {
		for _, built := range build(t, tenant, environment) {
			object := plain(t, built)
			name := object.GetKind() + " " + object.GetName()
			applied(t, operator, object)
			// The API server's record of who owns a claim's fields settles only now.
			first, second := applied(t, operator, object), applied(t, operator, object)
			if first.GetResourceVersion() != second.GetResourceVersion() {
				t.Errorf("%s: the same object applied again is a change: %s", name, cmp.Diff(first, second))
			}
			if err := operator.Delete(t.Context(), second); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	err := operator.Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "justice", Name: "any"}})
	if !apierrors.IsForbidden(err) {
		t.Errorf("the operator makes a Secret in a client's namespace: %v", err)
	}
}

func build(t *testing.T, tenant *v1alpha1.SharingTenant, environment v1alpha1.Environment) []client.Object {
	t.Helper()
	text, err := os.ReadFile("default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := platform.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	image, err := platform.Image(cfg, tenant.Spec.Version)
	if err != nil {
		t.Fatal(err)
	}
	in := desired.Input{
		Tenant: tenant, Environment: environment, Platform: cfg, Image: image, Version: platform.Version(cfg, tenant.Spec.Version),
		Retention: &serverconfig.Retention{DefaultDays: 30, MinDays: 1, MaxDays: 90}, OperatorNamespace: operatorNamespace,
	}
	configMap, err := desired.ConfigMap(in)
	if err != nil {
		t.Fatal(err)
	}
	return []client.Object{
		desired.ServiceAccount(in), desired.NetworkPolicy(in), desired.Certificate(in), desired.ScanCertificate(in),
		desired.PersistentVolumeClaim(in), configMap, desired.Deployment(in), desired.StatusService(in), desired.PublicService(in),
	}
}

// plain is what is applied: the object without the status that its type carries.
func plain(t *testing.T, object client.Object) *unstructured.Unstructured {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatal(err)
	}
	delete(content, "status")
	return &unstructured.Unstructured{Object: content}
}

func applied(t *testing.T, operator client.Client, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	live := object.DeepCopy()
	err := operator.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(live), client.FieldOwner(operatorName), client.ForceOwnership)
	if err != nil {
		t.Fatalf("%s %s: %v", object.GetKind(), object.GetName(), err)
	}
	return live
}

// tryPeople: viewers see tenants, editors change them, and neither writes a
// status. Which of Kubernetes' own roles take them up is a label's work.
func tryPeople(t *testing.T, server *apiserver.Server) {
	for _, person := range []struct {
		role, question string
		want           bool
	}{
		{"voute-viewer", "get sharingtenants.sharing.voute.dev", true},
		{"voute-viewer", "list pilots.sharing.voute.dev", true},
		{"voute-viewer", "patch sharingtenants.sharing.voute.dev", false},
		{"voute-editor", "create sharingtenants.sharing.voute.dev", true},
		{"voute-editor", "delete retentionpolicies.sharing.voute.dev", true},
		{"voute-editor", "patch sharingtenants.sharing.voute.dev/status", false},
	} {
		server.MustKubectl(t, "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: "+person.role+", namespace: justice}\n"+
			"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "+person.role+"}\n"+
			"subjects: [{kind: ServiceAccount, name: "+person.role+", namespace: justice}]\n", "apply", "-f", "-")
		if got := may(t, server.ServiceAccount(t, "justice", person.role), "justice", person.question); got != person.want {
			t.Errorf("with the role %s, may %s: %t", person.role, person.question, got)
		}
	}
	for role, label := range map[string]string{"voute-viewer": "view", "voute-editor": "admin"} {
		got := server.MustKubectl(t, "", "get", "clusterrole", role, "-o", `jsonpath={.metadata.labels.rbac\.authorization\.k8s\.io/aggregate-to-`+label+`}`)
		if got != "true" {
			t.Errorf("%s is not part of Kubernetes' role %s", role, label)
		}
	}
}

func connect(t *testing.T, config *rest.Config) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, certmanagerv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	made, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return made
}
