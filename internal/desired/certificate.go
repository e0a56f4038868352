package desired

import (
	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// Certificate asks cert-manager for the address's certificate. Nil when the
// client bought one.
func Certificate(in Input) *certmanagerv1.Certificate {
	issuer := in.Environment.Certificate.IssuerRef
	if issuer == nil {
		return nil
	}
	name := CertificateName(in.Tenant.Name, in.Environment.Name)
	kind := issuer.Kind
	if kind == "" {
		kind = certmanagerv1.ClusterIssuerKind
	}
	return in.certificate(name, in.Environment.Host, certmanagerv1.UsageServerAuth, issuer.Name, kind)
}

// ScanCertificate asks cert-manager for the certificate that the server shows
// to the scan gateway. Its DNS name says in the gateway's log who asked.
func ScanCertificate(in Input) *certmanagerv1.Certificate {
	name := ScanCertificateName(in.Tenant.Name, in.Environment.Name)
	client := in.name() + "." + in.Tenant.Namespace
	return in.certificate(name, client, certmanagerv1.UsageClientAuth, in.Platform.Scanner.ClientIssuer, certmanagerv1.ClusterIssuerKind)
}

// certificate uses a P-256 key that is new at every renewal, and labels the
// Secret, which cert-manager owns, so that people find it with the rest.
func (in Input) certificate(name, dnsName string, usage certmanagerv1.KeyUsage, issuer, issuerKind string) *certmanagerv1.Certificate {
	return &certmanagerv1.Certificate{
		TypeMeta:   typeMeta("cert-manager.io/v1", certmanagerv1.CertificateKind),
		ObjectMeta: in.owned(name),
		Spec: certmanagerv1.CertificateSpec{
			SecretName:     name,
			SecretTemplate: &certmanagerv1.CertificateSecretTemplate{Labels: in.labels()},
			DNSNames:       []string{dnsName},
			Usages:         []certmanagerv1.KeyUsage{certmanagerv1.UsageDigitalSignature, usage},
			PrivateKey: &certmanagerv1.CertificatePrivateKey{
				Algorithm:      certmanagerv1.ECDSAKeyAlgorithm,
				Size:           256,
				RotationPolicy: certmanagerv1.RotationPolicyAlways,
			},
			RevisionHistoryLimit: ptr.To[int32](1),
			IssuerRef: cmmeta.IssuerReference{
				Name:  issuer,
				Kind:  issuerKind,
				Group: "cert-manager.io",
			},
		},
	}
}
