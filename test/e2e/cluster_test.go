package e2e

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	vault "github.com/hashicorp/vault/api"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"

	"voute.dev/voute/api/v1alpha1"
)

// cluster is the cluster under test, for every test of the package.
var cluster *testCluster

// description is what the local cluster's tool tells of a cluster.
type description struct {
	Kubeconfig   string `json:"kubeconfig"`
	Kubectl      string `json:"kubectl"`
	Helm         string `json:"helm"`
	Local        string `json:"local"`
	Name         string `json:"name"`
	CAFile       string `json:"caFile"`
	HTTPSDoor    string `json:"httpsDoor"`
	HTTPDoor     string `json:"httpDoor"`
	MailURL      string `json:"mailURL"`
	VaultAddress string `json:"vaultAddress"`
	VaultToken   string `json:"vaultTokenFile"`
	ScanSpool    string `json:"scanSpool"`
	Logs         string `json:"logs"`
	MailPassword string `json:"mailPassword"`
}

type testCluster struct {
	description
	roots *x509.CertPool
	kube  client.Client
	// witness keeps what is told, and knows what must not be.
	witness *witness
}

func TestMain(m *testing.M) {
	path := os.Getenv("VOUTE_CLUSTER")
	if path == "" {
		fmt.Println("skipped: VOUTE_CLUSTER names no cluster; run `make test-e2e`, which brings one up")
		os.Exit(0)
	}
	var err error
	if cluster, err = openCluster(path); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	result := m.Run()
	if err := cluster.witness.end(cluster); err != nil {
		fmt.Printf("--- FAIL: nothing secret and nobody's name is told:\n%v\n", err)
		result = 1
	}
	if result != 0 {
		logs, _ := cluster.tryKubectl("", "-n", "voute-system", "logs", "deployment/voute-operator", "--tail=80")
		fmt.Printf("the operator's log:\n%s\n", logs)
	}
	os.Exit(result)
}

func openCluster(path string) (*testCluster, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &testCluster{roots: x509.NewCertPool(), witness: newWitness()}
	if err := json.Unmarshal(content, &c.description); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	ca, err := os.ReadFile(c.CAFile)
	if err != nil || !c.roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("no certificate in %s: %w", c.CAFile, err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 50, 100
	c.kube, err = client.New(config, client.Options{Scheme: scheme()})
	return c, err
}

func scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, certmanager.AddToScheme} {
		if err := add(s); err != nil {
			panic(err)
		}
	}
	return s
}

// address is the public one of a host: with the front door's port, unless it is HTTPS's own.
func (c *testCluster) address(host string) string {
	if _, port, _ := net.SplitHostPort(c.HTTPSDoor); port != "443" {
		host = net.JoinHostPort(host, port)
	}
	return "https://" + host
}

// kubectl runs the command line that a person would type and returns what it prints.
func (c *testCluster) kubectl(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	out, err := c.tryKubectl(stdin, args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (c *testCluster) tryKubectl(stdin string, args ...string) (string, error) {
	command := exec.Command(c.Kubectl, append([]string{"--kubeconfig", c.Kubeconfig}, args...)...)
	command.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return string(out), fmt.Errorf("%w: %s%s", err, out, stderr.String())
	}
	return string(out), nil
}

// local runs the local cluster's own tool, for example to seal Vault, and
// returns what it prints.
func (c *testCluster) local(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.Command(c.Local, append(args, "--name", c.Name)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("local %s: %v: %s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// message is one caught by the mailbox.
type message struct {
	ID      string    `json:"id"`
	To      []string  `json:"to"`
	Subject string    `json:"subject"`
	Date    time.Time `json:"date"`
	Text    string    `json:"text"`
	Links   []string  `json:"links"`
}

func (c *testCluster) mail(to string) ([]message, error) {
	address := c.MailURL + "/messages"
	if to != "" {
		address += "?to=" + url.QueryEscape(to)
	}
	response, err := http.Get(address)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var messages []message
	err = json.NewDecoder(response.Body).Decode(&messages)
	for _, m := range messages {
		c.witness.hideMail(m)
	}
	return messages, err
}

// waitForMail returns the newest message to an address that arrived since a
// moment and that matches. Mail dates have whole seconds.
func (c *testCluster) waitForMail(t *testing.T, to string, since time.Time, matches func(message) bool) message {
	t.Helper()
	since = since.Truncate(time.Second)
	var seen []string
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(300 * time.Millisecond) {
		messages, err := c.mail(to)
		if err != nil {
			t.Fatalf("the mailbox does not answer: %v", err)
		}
		slices.SortStableFunc(messages, func(a, b message) int { return b.Date.Compare(a.Date) })
		seen = seen[:0]
		for _, m := range messages {
			if !m.Date.Before(since) && matches(m) {
				return m
			}
			seen = append(seen, m.Subject)
		}
	}
	t.Fatalf("the message to %s never came; there are %q", to, seen)
	return message{}
}

func (c *testCluster) waitForLink(t *testing.T, to string, since time.Time, prefix string) string {
	t.Helper()
	hasPrefix := func(link string) bool { return strings.HasPrefix(link, prefix) }
	m := c.waitForMail(t, to, since, func(m message) bool { return slices.ContainsFunc(m.Links, hasPrefix) })
	return m.Links[slices.IndexFunc(m.Links, hasPrefix)]
}

// vaultAs is a Vault client with a token.
func (c *testCluster) vaultAs(t *testing.T, token string) *vault.Client {
	t.Helper()
	config := vault.DefaultConfig()
	config.Address = c.VaultAddress
	if err := config.ConfigureTLS(&vault.TLSConfig{CACert: c.CAFile}); err != nil {
		t.Fatal(err)
	}
	v, err := vault.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	v.SetToken(token)
	return v
}

func (c *testCluster) vaultAsRoot(t *testing.T) *vault.Client {
	t.Helper()
	token, err := os.ReadFile(c.VaultToken)
	if err != nil {
		t.Fatal(err)
	}
	return c.vaultAs(t, strings.TrimSpace(string(token)))
}

// keysOf lists the tenant's keys in Vault.
func (c *testCluster) keysOf(t *testing.T, namespace string) []string {
	t.Helper()
	list, err := c.vaultAsRoot(t).Logical().List("transit/keys")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	if list == nil {
		return nil
	}
	for _, key := range list.Data["keys"].([]any) {
		if name := key.(string); strings.HasPrefix(name, namespace+".") {
			keys = append(keys, name)
		}
	}
	return keys
}

// patient bounds one question to the cluster.
func patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 20*time.Second)
}

// eventually tries until check returns nil.
func eventually(t *testing.T, within time.Duration, what string, check func(ctx context.Context) error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		ctx, cancel := patient()
		err = check(ctx)
		cancel()
		if err == nil {
			return
		}
	}
	t.Fatalf("%s: not within %s: %v", what, within, err)
}
