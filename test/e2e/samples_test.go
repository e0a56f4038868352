package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

const justice = "justice"

// applySamples applies the samples as they are in the tree and waits for them.
func applySamples(t *testing.T) *tenant {
	t.Helper()
	cluster.kubectl(t, "", "apply", "-k", "../../config/samples")
	cluster.kubectl(t, "", "-n", justice, "wait", "--for=condition=Ready", "sharingtenant/justice", "--timeout=150s")
	return &tenant{t: t, name: justice}
}

func TestSamplesBecomeReady(t *testing.T) {
	t.Parallel()
	sample := applySamples(t)
	got, err := sample.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Status.Environments) != 2 {
		t.Fatalf("%d environments in the status, want both", len(got.Status.Environments))
	}
	for _, environment := range got.Status.Environments {
		visitor := newPerson(t, environment.URL, "")
		visitor.mustSee(visitor.get("/"), http.StatusOK, "justice")
		if served, issued := servedCertificate(t, environment.URL), issuedCertificate(t, justice, environment.Name); !bytes.Equal(served.Raw, issued.Raw) {
			t.Errorf("%s serves certificate %s, cert-manager issued %s", environment.URL, served.SerialNumber, issued.SerialNumber)
		}
	}
	t.Run("the table", func(t *testing.T) { checkTable(t) })
	t.Run("plain HTTP is redirected", func(t *testing.T) { checkRedirect(t, "partage.justice.localhost") })
	t.Run("the server has no rights in Kubernetes", checkNoRights)
}

// checkTable looks at what the platform team sees.
func checkTable(t *testing.T) {
	table := cluster.kubectl(t, "", "get", "stn", "-n", justice)
	lines := strings.Split(strings.TrimSpace(table), "\n")
	columns := strings.Join(strings.Fields(lines[0]), " ")
	if want := "NAME READY URL VERSION QUOTA USED USED% MONTHLY THIS-MONTH PENDING AGE"; columns != want {
		t.Errorf("columns %q, want %q", columns, want)
	}
	for _, cell := range []string{"justice", "True", cluster.address("partage.justice.localhost"), "20G", "291.67"} {
		if !strings.Contains(table, cell) {
			t.Errorf("no %q in the table:\n%s", cell, table)
		}
	}
	both := cluster.kubectl(t, "", "get", "sharingtenants,pilots,retentionpolicies", "-A")
	for _, name := range []string{"sharingtenant.sharing.voute.dev/justice", "pilot.sharing.voute.dev/marie-tremblay", "retentionpolicy.sharing.voute.dev/courante"} {
		if !strings.Contains(both, name) {
			t.Errorf("no %s in\n%s", name, both)
		}
	}
}

func checkRedirect(t *testing.T, host string) {
	direct := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, cluster.HTTPDoor)
		}},
	}
	_, port, err := net.SplitHostPort(cluster.HTTPDoor)
	if err != nil {
		t.Fatal(err)
	}
	response, err := direct.Get("http://" + net.JoinHostPort(host, port) + "/terms?x=1")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if location := response.Header.Get("Location"); response.StatusCode/100 != 3 || location != cluster.address(host)+"/terms?x=1" {
		t.Errorf("status %d to %q, want a redirect to https", response.StatusCode, location)
	}
}

func checkNoRights(t *testing.T) {
	var pods corev1.PodList
	if err := cluster.kube.List(t.Context(), &pods, client.InNamespace(justice)); err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods.Items {
		if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
			t.Errorf("%s mounts a token of the API", pod.Name)
		}
		who := "system:serviceaccount:" + justice + ":" + pod.Spec.ServiceAccountName
		for _, verb := range []string{"get", "list", "create", "delete"} {
			answer, _ := cluster.tryKubectl("", "auth", "can-i", verb, "secrets", "-n", justice, "--as", who)
			if strings.TrimSpace(answer) != "no" {
				t.Errorf("may %s %s secrets? %q", who, verb, answer)
			}
		}
	}
}

// servedCertificate is the one that the address shows.
func servedCertificate(t *testing.T, address string) *x509.Certificate {
	t.Helper()
	certificate, err := tryServedCertificate(address)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func tryServedCertificate(address string) (*x509.Certificate, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	connection, err := tls.Dial("tcp", cluster.HTTPSDoor, &tls.Config{RootCAs: cluster.roots, ServerName: parsed.Hostname(), MinVersion: tls.VersionTLS12})
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return connection.ConnectionState().PeerCertificates[0], nil
}

// issuedCertificate is the one that cert-manager put into the Secret.
func issuedCertificate(t *testing.T, name string, environment v1alpha1.EnvironmentName) *x509.Certificate {
	t.Helper()
	var secret corev1.Secret
	key := types.NamespacedName{Namespace: name, Name: fmt.Sprintf("%s-%s-tls", name, environment)}
	if err := cluster.kube.Get(t.Context(), key, &secret); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(secret.Data["tls.crt"])
	if block == nil {
		t.Fatalf("no certificate in Secret %s", key)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// TestRenewedCertificate has cert-manager renew a certificate and waits until
// it is served, by the very container that served the one before.
func TestRenewedCertificate(t *testing.T) {
	t.Parallel()
	client := newReadyTenant(t, "renouvelle")
	before, pod := servedCertificate(t, client.address()), client.pod()
	renew(t, client.name, client.name+"-production-tls")
	eventually(t, 150*time.Second, "the renewed certificate is served", func(context.Context) error {
		now, err := tryServedCertificate(client.address())
		if err != nil {
			return err
		}
		if now.SerialNumber.Cmp(before.SerialNumber) == 0 {
			return errors.New("still the one from before")
		}
		return nil
	})
	if after := client.pod(); after.UID != pod.UID || after.Status.ContainerStatuses[0].RestartCount != pod.Status.ContainerStatuses[0].RestartCount {
		t.Errorf("the server was restarted: pod %s with %d restarts, before %s", after.Name, after.Status.ContainerStatuses[0].RestartCount, pod.Name)
	}
	if !bytes.Equal(servedCertificate(t, client.address()).Raw, issuedCertificate(t, client.name, v1alpha1.ProductionEnvironment).Raw) {
		t.Error("what is served is not what was issued")
	}
}

// renew asks as cert-manager's own command line does: by the condition Issuing.
func renew(t *testing.T, namespace, name string) {
	t.Helper()
	var certificate certmanager.Certificate
	if err := cluster.kube.Get(t.Context(), types.NamespacedName{Namespace: namespace, Name: name}, &certificate); err != nil {
		t.Fatal(err)
	}
	now := metav1.Now()
	certificate.Status.Conditions = append(certificate.Status.Conditions, certmanager.CertificateCondition{
		Type: certmanager.CertificateConditionIssuing, Status: cmmeta.ConditionTrue,
		Reason: "ManuallyTriggered", Message: "renewed by a test", LastTransitionTime: &now,
	})
	if err := cluster.kube.Status().Update(t.Context(), &certificate); err != nil {
		t.Fatal(err)
	}
}

// pod is the production server's only pod.
func (n *tenant) pod() corev1.Pod { return n.podIn(v1alpha1.ProductionEnvironment) }

func (n *tenant) podIn(environment v1alpha1.EnvironmentName) corev1.Pod {
	n.t.Helper()
	var pods corev1.PodList
	err := cluster.kube.List(n.t.Context(), &pods, client.InNamespace(n.name), client.MatchingLabels{v1alpha1.EnvironmentLabel: string(environment)})
	if err != nil || len(pods.Items) != 1 {
		n.t.Fatalf("%d pods in %s, want one: %v", len(pods.Items), environment, err)
	}
	return pods.Items[0]
}
