package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"voute.dev/voute/hack/mailbox"
	"voute.dev/voute/hack/product"
)

// Environment tells a test where everything of a running cluster is.
type Environment struct {
	Name       string            `json:"name"`
	Dir        string            `json:"dir"`
	InitPID    int               `json:"initPID"`    // the node's first process
	Local      string            `json:"local"`      // this program
	Kubectl    string            `json:"kubectl"`    // a kubectl of the cluster's version
	Helm       string            `json:"helm"`       // Helm 4
	Kubeconfig string            `json:"kubeconfig"` // to be administrator
	CAFile     string            `json:"caFile"`     // trust it for all that serves in the cluster
	HTTPSDoor  string            `json:"httpsDoor"`  // host:port, for every host name
	HTTPDoor   string            `json:"httpDoor"`
	Volumes    string            `json:"volumes"` // one folder for each volume
	APIAudit   string            `json:"apiAuditLog"`
	Logs       string            `json:"logs"`   // of the node's processes
	Images     map[string]string `json:"images"` // operator, server

	VaultAddress   string `json:"vaultAddress"`
	VaultTokenFile string `json:"vaultTokenFile"`
	VaultKeyFile   string `json:"vaultKeyFile"`
	VaultAudit     string `json:"vaultAuditLog"`
	VaultData      string `json:"vaultData"`

	MailURL      string `json:"mailURL"`
	MailUser     string `json:"mailUser"`
	MailPassword string `json:"mailPassword"`

	ScanSocket string `json:"scanSocket"` // of clamd
	ScanSpool  string `json:"scanSpool"`
}

// Environment tells where everything of the running cluster is.
func (c *Cluster) Environment() (Environment, error) {
	self, err := os.Executable()
	if err != nil {
		return Environment{}, err
	}
	// The node's own file systems can be reached through its first process.
	root := fmt.Sprintf("/proc/%d/root", c.Init.PID)
	return Environment{
		Name: c.Name, Dir: c.Dir, InitPID: c.Init.PID, Local: self,
		Kubectl: filepath.Join(c.BinDir(), "kubectl"), Helm: filepath.Join(c.BinDir(), "helm"), Kubeconfig: c.Kubeconfig(), CAFile: c.CAFile(),
		HTTPSDoor: c.doorAddress(doorHTTPS), HTTPDoor: c.doorAddress(doorHTTP),
		Volumes: c.VolumesDir(), APIAudit: c.AuditLog(), Logs: c.Path("log"),
		Images:       map[string]string{"operator": product.OperatorImage, "server": product.ServerImage},
		VaultAddress: c.VaultAddress(), VaultTokenFile: c.VaultTokenFile(), VaultKeyFile: c.vaultKeyFile(),
		VaultAudit: c.VaultAuditLog(), VaultData: c.Path("vault", "data"),
		MailURL: c.MailURL(), MailUser: mailbox.Username, MailPassword: mailbox.Password,
		ScanSocket: root + scanSocket, ScanSpool: root + scanSpool,
	}, nil
}

func (c *Cluster) doorAddress(door string) string { return fmt.Sprintf("127.0.0.1:%d", c.Port(door)) }

// MailURL is the address of the mailbox's pages on the host.
func (c *Cluster) MailURL() string { return "http://" + c.doorAddress(doorMail) }

// VolumeDir is the folder of the volume of a claim, named namespace/name.
func (c *Cluster) VolumeDir(ctx context.Context, claim string) (string, error) {
	namespace, name, ok := strings.Cut(claim, "/")
	if !ok {
		return "", fmt.Errorf("%q does not name a claim: write namespace/name", claim)
	}
	volume, err := c.Kubectl(ctx, "get", "pvc", name, "-n", namespace, "-o", "jsonpath={.spec.volumeName}")
	if err != nil {
		return "", err
	}
	if volume == "" {
		return "", fmt.Errorf("the claim %s has no volume yet", claim)
	}
	return filepath.Join(c.VolumesDir(), volume), nil
}
