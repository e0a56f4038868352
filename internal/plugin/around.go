package plugin

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/plugin/doctor"
	serverconfig "voute.dev/voute/server/config"
	"voute.dev/voute/server/mail/smtp"
)

// patience is how long each service is waited for.
const patience = 5 * time.Second

// lookAround sees the services that the platform configuration names.
func lookAround(ctx context.Context, kube client.Client, flags doctorFlags, f *doctor.Facts) error {
	cfg := f.Platform.Value
	roots, err := trusted(cfg.TrustedCAs)
	if err != nil {
		return err
	}
	if f.Vault, err = lookAtVault(ctx, cfg, roots, flags); err != nil {
		return err
	}
	f.Scanner = lookAtScanner(ctx, kube, cfg, roots)
	f.Mail = lookAtMail(ctx, cfg, roots)
	return nil
}

// trusted are this machine's authorities and the platform's own.
func trusted(extra string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read this machine's certificate authorities: %w", err)
	}
	if extra != "" && !roots.AppendCertsFromPEM([]byte(extra)) {
		return nil, errors.New("trustedCAs has no certificate in PEM")
	}
	return roots, nil
}

// isInside: a host that only the cluster's own DNS knows.
func isInside(host string) bool {
	return strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".cluster.local") || !strings.Contains(host, ".")
}

// reachTLS connects to an address, and believes it by its name.
func reachTLS(ctx context.Context, address string, roots *x509.CertPool) doctor.Reach {
	host, _, err := net.SplitHostPort(address)
	reach := doctor.Reach{Address: address, Inside: isInside(host), Err: err}
	if err != nil {
		return reach
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if reach.Err = err; err == nil {
		_ = connection.Close() // nothing was said
	}
	return reach
}

func lookAtScanner(ctx context.Context, kube client.Client, cfg *configv1.PlatformConfiguration, roots *x509.CertPool) doctor.Scanner {
	s := doctor.Scanner{Reach: reachTLS(ctx, cfg.Scanner.Address, roots), IssuerName: cfg.Scanner.ClientIssuer}
	s.Issuer.Value = &certmanagerv1.ClusterIssuer{}
	s.Issuer.Err = kube.Get(ctx, client.ObjectKey{Name: s.IssuerName}, s.Issuer.Value)
	key, named := serviceOf(cfg.Scanner.Address)
	if !named {
		return s
	}
	service := &corev1.Service{}
	s.Service = &doctor.Seen[*corev1.Service]{Value: service, Err: kube.Get(ctx, key, service)}
	if s.Service.Err != nil || len(service.Spec.Selector) == 0 {
		return s
	}
	s.Pods.Value, s.Pods.Err = behind(ctx, kube, service)
	s.Files = mountedFiles(ctx, kube, key.Namespace, s.Pods.Value)
	return s
}

// serviceOf is the Service that an address such as clamd.scanning.svc:3311 names.
func serviceOf(address string) (key client.ObjectKey, named bool) {
	host, _, err := net.SplitHostPort(address)
	words := strings.Split(strings.TrimSuffix(host, ".cluster.local"), ".")
	if err != nil || len(words) != 3 || words[2] != "svc" {
		return key, false
	}
	return client.ObjectKey{Namespace: words[1], Name: words[0]}, true
}

// behind are the pods that a Service leads to, as they are made.
func behind(ctx context.Context, kube client.Client, service *corev1.Service) (pods []corev1.PodTemplateSpec, err error) {
	chosen := labels.SelectorFromSet(service.Spec.Selector)
	deployments, sets := &appsv1.DeploymentList{}, &appsv1.StatefulSetList{}
	if err := kube.List(ctx, deployments, client.InNamespace(service.Namespace)); err != nil {
		return nil, err
	}
	if err := kube.List(ctx, sets, client.InNamespace(service.Namespace)); err != nil {
		return nil, err
	}
	for _, each := range deployments.Items {
		pods = append(pods, each.Spec.Template)
	}
	for _, each := range sets.Items {
		pods = append(pods, each.Spec.Template)
	}
	var led []corev1.PodTemplateSpec
	for _, pod := range pods {
		if chosen.Matches(labels.Set(pod.Labels)) {
			led = append(led, pod)
		}
	}
	return led, nil
}

func mountedFiles(ctx context.Context, kube client.Client, namespace string, pods []corev1.PodTemplateSpec) map[string]doctor.Seen[*corev1.ConfigMap] {
	files := map[string]doctor.Seen[*corev1.ConfigMap]{}
	for _, pod := range pods {
		for _, volume := range pod.Spec.Volumes {
			if volume.ConfigMap == nil {
				continue
			}
			file := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: volume.ConfigMap.Name}}
			files[file.Name] = doctor.Seen[*corev1.ConfigMap]{Value: file, Err: kube.Get(ctx, client.ObjectKeyFromObject(file), file)}
		}
	}
	return files
}

// lookAtMail connects as a server does, and does not sign in: the credentials are in
// the clients' namespaces.
func lookAtMail(ctx context.Context, cfg *configv1.PlatformConfiguration, roots *x509.CertPool) doctor.Reach {
	m := cfg.Mail
	reach := doctor.Reach{Address: net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port))), Inside: isInside(m.Host)}
	relay, err := smtp.New(smtp.Config{
		Mail:    serverconfig.Mail{Host: m.Host, Port: int(m.Port), Security: m.Security, From: m.From},
		RootCAs: roots, Timeout: patience,
	})
	if err == nil {
		err = relay.Check(ctx)
	}
	reach.Err = err
	return reach
}

// through is where to connect for a URL: elsewhere, if that is asked for.
func through(address, elsewhere string) (string, error) {
	at, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	return cmp.Or(elsewhere, net.JoinHostPort(at.Hostname(), cmp.Or(at.Port(), "443"))), nil
}
