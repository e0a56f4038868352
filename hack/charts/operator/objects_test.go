package operator_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podsecurityapi "k8s.io/pod-security-admission/api"
	podsecurity "k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/hack/charts"
	"voute.dev/voute/internal/platform"
)

// types are those of all objects that the chart may hold.
var types = map[string]func() metav1.Object{
	"apps/v1 Deployment":                                               func() metav1.Object { return &appsv1.Deployment{} },
	"v1 ConfigMap":                                                     func() metav1.Object { return &corev1.ConfigMap{} },
	"v1 Service":                                                       func() metav1.Object { return &corev1.Service{} },
	"v1 ServiceAccount":                                                func() metav1.Object { return &corev1.ServiceAccount{} },
	"rbac.authorization.k8s.io/v1 Role":                                func() metav1.Object { return &rbacv1.Role{} },
	"rbac.authorization.k8s.io/v1 RoleBinding":                         func() metav1.Object { return &rbacv1.RoleBinding{} },
	"rbac.authorization.k8s.io/v1 ClusterRole":                         func() metav1.Object { return &rbacv1.ClusterRole{} },
	"rbac.authorization.k8s.io/v1 ClusterRoleBinding":                  func() metav1.Object { return &rbacv1.ClusterRoleBinding{} },
	"networking.k8s.io/v1 NetworkPolicy":                               func() metav1.Object { return &networkingv1.NetworkPolicy{} },
	"cert-manager.io/v1 Certificate":                                   func() metav1.Object { return &certmanagerv1.Certificate{} },
	"monitoring.coreos.com/v1 ServiceMonitor":                          func() metav1.Object { return &monitoringv1.ServiceMonitor{} },
	"monitoring.coreos.com/v1 PrometheusRule":                          func() metav1.Object { return &monitoringv1.PrometheusRule{} },
	"apiextensions.k8s.io/v1 CustomResourceDefinition":                 func() metav1.Object { return &apiextensionsv1.CustomResourceDefinition{} },
	"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy":        func() metav1.Object { return &admissionv1.ValidatingAdmissionPolicy{} },
	"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding": func() metav1.Object { return &admissionv1.ValidatingAdmissionPolicyBinding{} },
}

// decode reads each object strictly into its Go type, by kind and name.
func decode(t *testing.T, all []charts.Manifest) map[string]metav1.Object {
	t.Helper()
	found := map[string]metav1.Object{}
	for _, one := range all {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal([]byte(one.Text), &kind); err != nil {
			t.Fatalf("%s: %v", one.Template, err)
		}
		make, known := types[kind.APIVersion+" "+kind.Kind]
		if !known {
			t.Fatalf("%s holds a %s of %s, which the test does not know", one.Template, kind.Kind, kind.APIVersion)
		}
		object := make()
		if err := yaml.UnmarshalStrict([]byte(one.Text), object); err != nil {
			t.Errorf("%s is no %s: %v\n%s", one.Template, kind.Kind, err, one.Text)
		}
		name := kind.Kind + " " + object.GetName()
		if _, twice := found[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		found[name] = object
	}
	return found
}

// TestObjectsAreInTheirNamespace: the chart makes nothing elsewhere, and takes the
// release's namespace everywhere that the tree has its own.
func TestObjectsAreInTheirNamespace(t *testing.T) {
	made, err := charts.Render(chart, charts.Release{Name: "vaults", Namespace: "sharing"}, "")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for name, object := range decode(t, made) {
		if namespace := object.GetNamespace(); namespace == "sharing" {
			seen++
		} else if namespace != "" {
			t.Errorf("%s is in %s", name, namespace)
		}
	}
	if seen < 5 {
		t.Errorf("only %d objects have a namespace", seen)
	}
	for _, one := range made {
		for line := range strings.Lines(one.Text) {
			if strings.Contains(line, "voute-system") && !strings.Contains(line, "description:") {
				t.Errorf("%s names the tree's namespace: %s", one.Template, line)
			}
		}
	}
}

func TestPodsAreRestricted(t *testing.T) {
	evaluator, err := podsecurity.NewEvaluator(podsecurity.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := podsecurityapi.LevelVersion{Level: podsecurityapi.LevelRestricted, Version: podsecurityapi.LatestVersion()}
	pods := 0
	for name, object := range decode(t, render(t, "everything.values.yaml")) {
		deployment, isDeployment := object.(*appsv1.Deployment)
		if !isDeployment {
			continue
		}
		pods++
		template := deployment.Spec.Template
		if result := podsecurity.AggregateCheckResults(evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec)); !result.Allowed {
			t.Errorf("%s is refused in a restricted namespace: %s", name, result.ForbiddenDetail())
		}
		for _, container := range append(template.Spec.InitContainers, template.Spec.Containers...) {
			if !*container.SecurityContext.ReadOnlyRootFilesystem || container.Resources.Limits.Memory().IsZero() {
				t.Errorf("%s: %s can write to its root file system, or has no limit of memory", name, container.Name)
			}
			for _, mount := range container.VolumeMounts {
				if !slices.ContainsFunc(template.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name }) {
					t.Errorf("%s: %s mounts %s, which is no volume", name, container.Name, mount.Name)
				}
			}
		}
	}
	if pods != 2 {
		t.Errorf("%d pods were looked at", pods)
	}
}

// TestSameAsKustomize: the chart without any value is config/default, but for the
// namespace, which Helm wants to be there before, and Helm's own marks.
func TestSameAsKustomize(t *testing.T) {
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(source, "config", "default"))
	if err != nil {
		t.Fatal(err)
	}
	var tree []charts.Manifest
	for _, resource := range made.Resources() {
		if resource.GetKind() != "Namespace" {
			tree = append(tree, charts.Manifest{Template: "config/default", Text: resource.MustYaml()})
		}
	}
	want, got := decode(t, tree), decode(t, render(t, ""))
	for _, objects := range []map[string]metav1.Object{want, got} {
		for name, object := range objects {
			unmark(object)
			if configuration, isConfiguration := object.(*corev1.ConfigMap); isConfiguration {
				configuration.Data["platform.yaml"] = load(t, name, configuration.Data["platform.yaml"])
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kustomize (-) and Helm (+) differ:\n%s", diff)
	}
	if len(got) < 15 {
		t.Errorf("only %d objects were compared", len(got))
	}
}

// unmark takes off what Helm wants on an object and nobody else reads.
func unmark(object metav1.Object) {
	labels, annotations := object.GetLabels(), object.GetAnnotations()
	for _, key := range []string{"app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart"} {
		delete(labels, key)
	}
	delete(annotations, "helm.sh/resource-policy")
	object.SetLabels(labels)
	object.SetAnnotations(annotations)
}

// load is what the operator makes of a platform configuration.
func load(t *testing.T, name, text string) string {
	t.Helper()
	configuration, err := platform.Load([]byte(text))
	if err != nil {
		t.Fatalf("%s: the operator refuses it: %v", name, err)
	}
	whole, err := yaml.Marshal(configuration)
	if err != nil {
		t.Fatal(err)
	}
	return string(whole)
}

// What is kept when a release goes is what clients would go with, and no more.
func TestKindsAreKept(t *testing.T) {
	kinds := 0
	for name, object := range decode(t, render(t, "")) {
		_, isKind := object.(*apiextensionsv1.CustomResourceDefinition)
		if isKept := object.GetAnnotations()["helm.sh/resource-policy"] == "keep"; isKept != isKind {
			t.Errorf("%s: kept: %t", name, isKept)
		}
		if isKind {
			kinds++
		}
	}
	bases, err := filepath.Glob(source + "/config/crd/bases/*.yaml")
	if err != nil || kinds == 0 || len(bases) != kinds {
		t.Errorf("%d kinds in the chart, %d in config/crd/bases (%v)", kinds, len(bases), err)
	}
	without, err := charts.Render(chart, release, "crds: {install: false}")
	if err != nil {
		t.Fatal(err)
	}
	for name := range decode(t, without) {
		if strings.HasPrefix(name, "CustomResourceDefinition ") {
			t.Errorf("without crds.install there is %s", name)
		}
	}
}
