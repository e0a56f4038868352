package plugin

import (
	"context"
	"fmt"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/platform"
)

const (
	// operatorNamespace is where config/default installs the operator.
	operatorNamespace = "voute-system"
	// platformConfigMap and platformKey hold the platform configuration there.
	platformConfigMap, platformKey = "voute-platform", "platform.yaml"
	fieldOwner                     = "kubectl-voute"
)

// connection is the way to the cluster that kubectl's own flags say.
type connection struct {
	Options
	overrides         clientcmd.ConfigOverrides
	kubeconfig        string
	operatorNamespace string
	// pageful is how many statements are asked for at a time.
	pageful int64
}

func newConnection(options Options) *connection { return &connection{Options: options, pageful: 500} }

// bind takes the flags by which kubectl itself finds a cluster.
func (c *connection) bind(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&c.kubeconfig, "kubeconfig", "", "Path to the kubeconfig file to use for CLI requests.")
	clientcmd.BindOverrideFlags(&c.overrides, flags, clientcmd.RecommendedConfigOverrideFlags(""))
	flags.StringVar(&c.operatorNamespace, "operator-namespace", operatorNamespace, "The namespace in which the operator is installed.")
}

func (c *connection) loader() clientcmd.ClientConfig {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = c.kubeconfig
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &c.overrides)
}

// namespace is the one that a command is about; empty for all.
func (c *connection) namespace(all bool) (string, error) {
	if all {
		return "", nil
	}
	namespace, _, err := c.loader().Namespace()
	return namespace, err
}

func (c *connection) config() (*rest.Config, error) {
	config, err := c.loader().ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w. Name it with --kubeconfig or --context, as for kubectl", err)
	}
	config.WarningHandler = rest.NewWarningWriter(c.Err, rest.WarningWriterOptions{Deduplicate: true})
	return config, nil
}

func (c *connection) client() (client.Client, error) {
	config, err := c.config()
	if err != nil {
		return nil, err
	}
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	kube, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("prepare a client of the API server: %w", err)
	}
	return kube, nil
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, v1alpha1.AddToScheme, certmanagerv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

// tenant reads one.
func (c *connection) tenant(ctx context.Context, kube client.Client, namespace, name string) (*v1alpha1.SharingTenant, error) {
	tenant := &v1alpha1.SharingTenant{}
	if err := kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, tenant); err != nil {
		return nil, explain(err, fmt.Sprintf("read SharingTenant %s/%s", namespace, name))
	}
	return tenant, nil
}

// tenants reads those of a namespace, or of all.
func (c *connection) tenants(ctx context.Context, kube client.Client, namespace string) ([]v1alpha1.SharingTenant, error) {
	list := &v1alpha1.SharingTenantList{}
	if err := kube.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return nil, explain(err, "list SharingTenants in "+place(namespace))
	}
	return list.Items, nil
}

func place(namespace string) string {
	if namespace == "" {
		return "all namespaces"
	}
	return "namespace " + namespace
}

// platform reads the platform configuration as the operator does.
func (c *connection) platform(ctx context.Context, kube client.Client) (*configv1.PlatformConfiguration, error) {
	file, err := c.platformFile(ctx, kube)
	if err != nil {
		return nil, err
	}
	return loadPlatform(file)
}

func (c *connection) platformFile(ctx context.Context, kube client.Client) (string, error) {
	from, err := c.platformObject(ctx, kube)
	if err != nil {
		return "", err
	}
	return from.Data[platformKey], nil
}

// platformObject is the ConfigMap that has the platform's file.
func (c *connection) platformObject(ctx context.Context, kube client.Client) (*corev1.ConfigMap, error) {
	from := &corev1.ConfigMap{}
	if err := kube.Get(ctx, client.ObjectKey{Namespace: c.operatorNamespace, Name: platformConfigMap}, from); err != nil {
		return nil, explain(err, fmt.Sprintf("read the platform configuration, ConfigMap %s/%s", c.operatorNamespace, platformConfigMap))
	}
	if _, found := from.Data[platformKey]; !found {
		return nil, fmt.Errorf("ConfigMap %s/%s has no key %s: apply config/default again", c.operatorNamespace, platformConfigMap, platformKey)
	}
	return from, nil
}

// loadPlatform takes a file that moves the operator's time as well: whether its
// operator may have one is the operator's to say.
func loadPlatform(file string) (*configv1.PlatformConfiguration, error) {
	return platform.Load([]byte(file), platform.TestClock)
}
