// Package pki makes the certificate authorities of a local cluster and the
// certificates and sign-in files that hang on them.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const validity = 10 * 365 * 24 * time.Hour

// Authority is a certificate authority kept as <name>.crt and <name>.key in a folder.
type Authority struct {
	dir, name string
	cert      *x509.Certificate
	key       *ecdsa.PrivateKey
}

// Subject says for whom a certificate is.
type Subject struct {
	Name  string   // common name
	Group string   // organisation: a group, to Kubernetes
	Hosts []string // DNS names and IP addresses that it may serve
}

// OpenAuthority loads an authority, and makes it the first time.
func OpenAuthority(dir, name, title string) (*Authority, error) {
	a := &Authority{dir: dir, name: name}
	if err := a.load(); err == nil || !errors.Is(err, os.ErrNotExist) {
		return a, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := x509.Certificate{
		Subject:               pkix.Name{CommonName: title},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	if err := write(dir, name, &template, &template, key, key); err != nil {
		return nil, err
	}
	return a, a.load()
}

func (a *Authority) load() error {
	certPEM, err := os.ReadFile(a.CertFile())
	if err != nil {
		return err
	}
	keyPEM, err := os.ReadFile(a.KeyFile())
	if err != nil {
		return err
	}
	certBlock, _ := pem.Decode(certPEM)
	keyBlock, _ := pem.Decode(keyPEM)
	if certBlock == nil || keyBlock == nil {
		return fmt.Errorf("%s or %s is damaged; remove the cluster with: local down", a.CertFile(), a.KeyFile())
	}
	if a.cert, err = x509.ParseCertificate(certBlock.Bytes); err != nil {
		return err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return err
	}
	a.key = key.(*ecdsa.PrivateKey)
	return nil
}

// CertFile is the path of the authority's own certificate.
func (a *Authority) CertFile() string { return filepath.Join(a.dir, a.name+".crt") }

// KeyFile is the path of the authority's own key.
func (a *Authority) KeyFile() string { return filepath.Join(a.dir, a.name+".key") }

// Issue writes <file>.crt and <file>.key beside the authority, unless they are there.
func (a *Authority) Issue(file string, subject Subject) error {
	if _, err := os.Stat(filepath.Join(a.dir, file+".key")); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := x509.Certificate{
		Subject:     pkix.Name{CommonName: subject.Name},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if subject.Group != "" {
		template.Subject.Organization = []string{subject.Group}
	}
	for _, host := range subject.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return write(a.dir, file, &template, a.cert, key, a.key)
}

// NewSigningKey writes the key pair with which the API server signs
// ServiceAccount tokens: <file>.key and <file>.pub.
func NewSigningKey(dir, file string) error {
	if _, err := os.Stat(filepath.Join(dir, file+".key")); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, file+".pub"), "PUBLIC KEY", public, 0o644); err != nil {
		return err
	}
	return writeKey(filepath.Join(dir, file+".key"), key)
}

// write completes and signs a certificate. The key is written last: it marks
// the pair as complete.
func write(dir, file string, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) error {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(validity)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return fmt.Errorf("cannot sign the certificate %s: %w", file, err)
	}
	if err := writePEM(filepath.Join(dir, file+".crt"), "CERTIFICATE", der, 0o644); err != nil {
		return err
	}
	return writeKey(filepath.Join(dir, file+".key"), key)
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(path, "PRIVATE KEY", der, 0o600)
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
