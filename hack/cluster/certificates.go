package cluster

import (
	"fmt"
	"os"

	"voute.dev/voute/hack/pki"
)

// The three authorities are apart: cert-manager holds the key of the second, so
// it must not be the first, with which one signs in to Kubernetes as anybody.
const (
	kubernetesCA = "kubernetes-ca"
	servicesCA   = "ca"
	scanCA       = "scan-clients-ca"
)

// administrators may do everything. The programs beside Kubernetes belong to
// them: they run as root on the same node, so narrower rights would protect
// nothing.
const administrators = "system:masters"

// signIns are the users of the API server, by certificate.
var signIns = map[string]pki.Subject{
	"admin":              {Name: "admin", Group: administrators},
	"controller-manager": {Name: "system:kube-controller-manager"},
	"scheduler":          {Name: "system:kube-scheduler"},
	"proxy":              {Name: "system:kube-proxy"},
	"dns":                {Name: "voute:dns", Group: administrators},
	"cert-manager":       {Name: "voute:cert-manager", Group: administrators},
	"cloud":              {Name: "voute:cloud", Group: administrators},
	"front-proxy":        {Name: "front-proxy"},
}

func (c *Cluster) writeCertificates() error {
	dir := c.Path("pki")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	kubernetes, err := pki.OpenAuthority(dir, kubernetesCA, "Kubernetes of the local cluster "+c.Name)
	if err != nil {
		return err
	}
	services, err := pki.OpenAuthority(dir, servicesCA, "Voûte local cluster "+c.Name)
	if err != nil {
		return err
	}
	if _, err := pki.OpenAuthority(dir, scanCA, "Scan clients of the local cluster "+c.Name); err != nil {
		return err
	}
	if err := pki.NewSigningKey(dir, "service-accounts"); err != nil {
		return err
	}
	if err := c.issueForKubernetes(kubernetes); err != nil {
		return err
	}
	return issueForServices(services)
}

func (c *Cluster) issueForKubernetes(ca *pki.Authority) error {
	err := ca.Issue("apiserver", pki.Subject{Name: "kube-apiserver", Hosts: []string{
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		"localhost", "127.0.0.1", kubernetesIP, nodeIP,
	}})
	if err != nil {
		return err
	}
	if err := ca.Issue("kubelet-server", pki.Subject{Name: c.Name, Hosts: []string{c.Name, nodeIP}}); err != nil {
		return err
	}
	if err := c.issueSignIn(ca, "kubelet", pki.Subject{Name: "system:node:" + c.Name, Group: "system:nodes"}); err != nil {
		return err
	}
	for name, subject := range signIns {
		if err := c.issueSignIn(ca, name, subject); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) issueSignIn(ca *pki.Authority, name string, subject pki.Subject) error {
	if err := ca.Issue(name, subject); err != nil {
		return err
	}
	server := fmt.Sprintf("https://127.0.0.1:%d", apiPort)
	return ca.WriteKubeconfig(c.Path("pki", name+".kubeconfig"), c.Name, server, name)
}

// writeAdminKubeconfig writes the sign-in file for use on the host, through the door.
func (c *Cluster) writeAdminKubeconfig() error {
	ca, err := pki.OpenAuthority(c.Path("pki"), kubernetesCA, "")
	if err != nil {
		return err
	}
	server := fmt.Sprintf("https://127.0.0.1:%d", c.Port(doorAPI))
	return ca.WriteKubeconfig(c.Kubeconfig(), "voute-"+c.Name, server, "admin")
}

func issueForServices(ca *pki.Authority) error {
	for name, host := range map[string]string{"vault": "vault.vault.svc", "clamd": "clamd.scanning.svc", "smtp": "smtp.mail.svc"} {
		hosts := []string{host, host + ".cluster.local", "localhost", "127.0.0.1", nodeIP}
		if err := ca.Issue(name, pki.Subject{Name: host, Hosts: hosts}); err != nil {
			return err
		}
	}
	return nil
}
