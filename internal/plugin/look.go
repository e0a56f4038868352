package plugin

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/config"
	"voute.dev/voute/internal/plugin/doctor"
)

// kindOfKinds is what a CustomResourceDefinition is read as.
const kindOfKinds = "CustomResourceDefinition"

func serverVersion(config *rest.Config) (seen doctor.Seen[string]) {
	asking, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		seen.Err = err
		return seen
	}
	version, err := asking.ServerVersion()
	if err != nil {
		seen.Err = err
		return seen
	}
	seen.Value = version.GitVersion
	return seen
}

// look sees what is in the cluster.
func (c *connection) look(ctx context.Context, kube client.Client, f *doctor.Facts) error {
	f.CertManagerKinds = map[string]doctor.Seen[doctor.Object]{}
	for _, name := range []string{"certificates.cert-manager.io", "certificaterequests.cert-manager.io", "clusterissuers.cert-manager.io"} {
		f.CertManagerKinds[name] = object(ctx, kube, "apiextensions.k8s.io/v1", kindOfKinds, name)
	}
	f.CertManagerLease = certManagerLease(ctx, kube)
	wanted, err := installed()
	if err != nil {
		return err
	}
	for _, want := range wanted {
		version, _ := want["apiVersion"].(string)
		kind, _ := want["kind"].(string)
		name := (&unstructured.Unstructured{Object: want}).GetName()
		f.Installed = append(f.Installed, doctor.Installed{Kind: kind, Name: name, Want: want, Live: object(ctx, kube, version, kind, name)})
	}
	f.Operator.Value = &appsv1.Deployment{}
	f.Operator.Err = kube.Get(ctx, client.ObjectKey{Namespace: c.operatorNamespace, Name: "voute-operator"}, f.Operator.Value)
	f.Tenants.Value, f.Tenants.Err = c.tenants(ctx, kube, "")
	classes := &storagev1.StorageClassList{}
	f.Classes.Err = kube.List(ctx, classes)
	f.Classes.Value = classes.Items
	return nil
}

// certManagerLease looks where cert-manager has it by default, and where others
// have it put.
func certManagerLease(ctx context.Context, kube client.Client) (seen doctor.Seen[*coordinationv1.Lease]) {
	for _, namespace := range []string{"cert-manager", "kube-system"} {
		seen.Value = &coordinationv1.Lease{}
		if seen.Err = kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "cert-manager-controller"}, seen.Value); seen.Err == nil {
			return seen
		}
	}
	return seen
}

func object(ctx context.Context, kube client.Client, version, kind, name string) (seen doctor.Seen[doctor.Object]) {
	found := &unstructured.Unstructured{}
	found.SetAPIVersion(version)
	found.SetKind(kind)
	seen.Err = kube.Get(ctx, client.ObjectKey{Name: name}, found)
	seen.Value = found.Object
	return seen
}

// installed are the kinds and admission policies of config/.
func installed() (all []doctor.Object, err error) {
	for _, pattern := range []string{"crd/bases/*.yaml", "admission/*.yaml"} {
		files, err := fs.Glob(config.Files, pattern)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			content, err := fs.ReadFile(config.Files, file)
			if err != nil {
				return nil, err
			}
			some, err := objects(string(content))
			if err != nil {
				return nil, fmt.Errorf("config/%s: %w", file, err)
			}
			all = append(all, some...)
		}
	}
	return all, nil
}

// objects are those of a file that are installed: a kustomization is not.
func objects(content string) (all []doctor.Object, err error) {
	for document := range strings.SplitSeq(content, "---\n") {
		object := doctor.Object{}
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return nil, err
		}
		if kind, _ := object["kind"].(string); kind != "" && kind != "Kustomization" {
			all = append(all, object)
		}
	}
	return all, nil
}
