// Package identity is the operator's own key: an ECDSA P-256 key with a
// self-signed certificate, kept in a Secret of the operator's namespace and
// made once. With it the operator reads the status of sharing servers, which
// pin the key by the SHA-256 of its SubjectPublicKeyInfo. It is the only
// Secret that the operator reads.
package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// SecretName is that of the Secret.
const SecretName = "voute-operator-identity"

// lifetime of the certificate. Servers pin the key and do not look at the
// dates; they are there because a certificate has to have some.
const lifetime = 100 * 365 * 24 * time.Hour

// Identity is the operator's key.
type Identity struct {
	// Certificate is shown to sharing servers.
	Certificate tls.Certificate
	// PublicKey is the SHA-256 of the key's SubjectPublicKeyInfo, in base64.
	PublicKey string
}

// +kubebuilder:rbac:groups="",namespace=voute-system,resources=secrets,verbs=create
// +kubebuilder:rbac:groups="",namespace=voute-system,resources=secrets,resourceNames=voute-operator-identity,verbs=get

// Ensure reads the identity, and makes it where there is none. Two operators
// that start at once end with the same one: the second finds the first's.
func Ensure(ctx context.Context, reader client.Reader, writer client.Writer, namespace string, now time.Time) (*Identity, error) {
	secret := &corev1.Secret{}
	key := client.ObjectKey{Namespace: namespace, Name: SecretName}
	err := reader.Get(ctx, key, secret)
	if apierrors.IsNotFound(err) {
		if err = create(ctx, writer, namespace, now); err == nil || apierrors.IsAlreadyExists(err) {
			err = reader.Get(ctx, key, secret)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("get or make the operator's identity in Secret %s: %w", key, err)
	}
	return parse(secret)
}

func create(ctx context.Context, writer client.Writer, namespace string, now time.Time) error {
	certificate, key, err := generate(now)
	if err != nil {
		return err
	}
	return writer.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: SecretName,
			Labels: map[string]string{"app.kubernetes.io/name": "voute-operator", "app.kubernetes.io/part-of": "voute"},
		},
		Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key},
	})
}

func parse(secret *corev1.Secret) (*Identity, error) {
	certificate, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return nil, fmt.Errorf("the Secret %s/%s does not hold a certificate with its key: %w; delete it and restart the operator to have a new one made",
			secret.Namespace, secret.Name, err)
	}
	return &Identity{Certificate: certificate, PublicKey: Fingerprint(certificate.Leaf)}, nil
}

// Fingerprint is what servers pin of a certificate.
func Fingerprint(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// generate makes a key and its certificate, both in PEM.
func generate(now time.Time) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "voute-operator"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, fmt.Errorf("sign the certificate: %w", err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, fmt.Errorf("write the key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), nil
}
