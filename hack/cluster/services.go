package cluster

import (
	"context"
	"fmt"
	"os"
	"slices"

	"voute.dev/voute/hack/mailbox"
	"voute.dev/voute/hack/node"
)

// serviceProcesses are those that run beside Kubernetes. Pods reach them by the
// names that the manifests give them.
func (c *Cluster) serviceProcesses() []node.Process {
	return []node.Process{
		c.vault(), c.clamd(), c.scanGateway(), c.mailbox(), c.certManager(), c.cloud(),
	}
}

func (c *Cluster) vault() node.Process {
	return node.Process{Name: "vault", Path: c.Programs.Vault + "/vault", Args: []string{
		"--listen", inside(vaultPort), "--storage", c.Path("vault", "data"),
		"--tls-cert", c.Path("pki", "vault.crt"), "--tls-key", c.Path("pki", "vault.key"),
	}}
}

func (c *Cluster) clamd() node.Process {
	return node.Process{
		Name: "clamd", Path: c.Packages.Bin("usr/sbin/clamd"), Env: c.packageEnv(),
		Args: []string{"--config-file=" + c.Path("config", "clamd.conf")},
	}
}

// ServerBinary is the product's server in the node: its gateway stands before
// clamd. It waits for the file, which comes when the product is built.
func (c *Cluster) ServerBinary() string { return c.Path("gateway", "voute-server") }

func (c *Cluster) scanGateway() node.Process {
	return node.Process{
		Name: scanGatewayName, Path: c.ServerBinary(), After: exists(c.ServerBinary()),
		Args: []string{
			"scan-gateway", "--listen", inside(scanPort), "--socket", scanSocket,
			"--cert", c.Path("pki", "clamd.crt"), "--key", c.Path("pki", "clamd.key"),
			"--client-ca", c.Path("pki", scanCA+".crt"),
		},
	}
}

const scanGatewayName = "scan-gateway"

func exists(path string) func(context.Context) error {
	return func(ctx context.Context) error {
		return until(ctx, func() bool {
			_, err := os.Stat(path)
			return err == nil
		})
	}
}

func (c *Cluster) mailbox() node.Process {
	return node.Process{Name: "mailbox", Path: "/proc/self/exe", Args: []string{"mailbox", c.Dir}, Files: c.doorFiles(doorMail)}
}

// RunMailbox is what the mailbox process does.
func (c *Cluster) RunMailbox(ctx context.Context) error {
	return mailbox.Run(ctx, mailbox.Config{
		Listen: inside(mailPort), CertFile: c.Path("pki", "smtp.crt"), KeyFile: c.Path("pki", "smtp.key"),
		Folder: c.Path("mail"), Web: node.InheritedDoor(0, doorMail),
	})
}

func (c *Cluster) certManager() node.Process {
	return node.Process{
		Name: "cert-manager", Path: c.kube("cert-manager"),
		After: all(c.apiReady, c.apiServes("/apis/cert-manager.io/v1/clusterissuers")),
		Args:  []string{"--kubeconfig", c.Path("pki", "cert-manager.kubeconfig")},
	}
}

func (c *Cluster) cloud() node.Process {
	return node.Process{
		Name: "cloud", Path: c.Programs.Cloud + "/cloud", After: c.apiReady, Files: c.doorFiles(doorHTTPS, doorHTTP),
		Args: []string{
			"--kubeconfig", c.Path("pki", "cloud.kubeconfig"), "--node", c.Name, "--volumes", c.VolumesDir(),
			"--https-fd", "3", "--http-fd", "4",
		},
	}
}

// VolumesDir is the folder in which each volume is a folder.
func (c *Cluster) VolumesDir() string { return c.Path("volumes") }

func (c *Cluster) doorFiles(names ...string) []*os.File {
	var files []*os.File
	for _, name := range names {
		files = append(files, node.InheritedDoor(slices.Index(doorNames, name), name))
	}
	return files
}

// RunInit is what the node's first process does.
func (c *Cluster) RunInit() error {
	return node.Init(c.world(), len(doorNames), "supervise", c.Dir)
}

// RunSupervisor is what the node's second process does.
func (c *Cluster) RunSupervisor(ctx context.Context) error {
	node.TakeDoors(len(doorNames))
	for door, port := range map[string]int{doorAPI: apiPort, doorVault: vaultPort} {
		file := c.doorFiles(door)[0]
		go func() {
			err := node.Forward(ctx, file, inside(port))
			fmt.Fprintln(os.Stderr, "door", door, "closed:", err)
		}()
	}
	return node.Supervise(ctx, c.Dir, append(c.kubernetesProcesses(), c.serviceProcesses()...))
}
