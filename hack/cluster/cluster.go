package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"voute.dev/voute/hack/artifact"
	"voute.dev/voute/hack/node"
	"voute.dev/voute/hack/place"
)

// The cluster's network. It is the same in every cluster: each has a network
// namespace of its own.
const (
	bridge       = "cni0"
	nodeIP       = "10.88.0.1"
	podRange     = "10.88.0.0/24"
	serviceRange = "10.96.0.0/16"
	kubernetesIP = "10.96.0.1"
	apiPort      = 6443
	vaultPort    = 8200
	mailPort     = 587
	scanPort     = 3311
)

// The doors of a cluster, in the order in which its processes inherit them.
const (
	doorAPI   = "api"
	doorHTTPS = "https"
	doorHTTP  = "http"
	doorVault = "vault"
	doorMail  = "mail"
)

var doorNames = []string{doorAPI, doorHTTPS, doorHTTP, doorVault, doorMail}

// Cluster is a local cluster: where it lies, what it is made of and, while it
// runs, its first process and its doors.
type Cluster struct {
	place.Cluster `json:"-"`

	Programs artifact.Programs `json:"programs"`
	Packages artifact.Packages `json:"packages"`
	Doors    []node.Door       `json:"doors"`
	Init     node.Mark         `json:"init"`
}

// Open reads what is known of a cluster; of one that was never started, nothing.
func Open(name string) (*Cluster, error) {
	where, err := place.NewCluster(name)
	if err != nil {
		return nil, err
	}
	return read(where)
}

// OpenDir reads what is known of the cluster in a folder.
func OpenDir(dir string) (*Cluster, error) {
	return read(place.Cluster{Name: filepath.Base(dir), Dir: dir})
}

func read(where place.Cluster) (*Cluster, error) {
	c := &Cluster{Cluster: where}
	content, err := os.ReadFile(c.Path("state.json"))
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(content, c); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; end the processes of the cluster and remove the folder %s", c.Path("state.json"), err, c.Dir)
	}
	return c, nil
}

// OpenRunning is Open for what needs a running cluster.
func OpenRunning(name string) (*Cluster, error) {
	c, err := Open(name)
	if err == nil && !c.Running() {
		return nil, fmt.Errorf("the cluster %s does not run; start it with: local up --name %s", name, name)
	}
	return c, err
}

// Running reports whether the cluster's first process is alive.
func (c *Cluster) Running() bool { return c.Init.Alive() }

func (c *Cluster) save() error {
	content, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	draft := c.Path("state.json.draft")
	if err := os.WriteFile(draft, content, 0o600); err != nil {
		return err
	}
	return os.Rename(draft, c.Path("state.json"))
}

// Port is the door's port on the host's loopback.
func (c *Cluster) Port(door string) int {
	for _, d := range c.Doors {
		if d.Name == door {
			return d.Port
		}
	}
	return 0
}

// Kubeconfig is the path of the administrator's sign-in file, for use on the host.
func (c *Cluster) Kubeconfig() string { return c.Path("kubeconfig") }

// CAFile is the certificate that a client on the host trusts for everything
// that serves in the cluster, the API server apart.
func (c *Cluster) CAFile() string { return c.Path("pki", "ca.crt") }

func (c *Cluster) cgroup() node.Cgroup { return node.Cgroup{Name: "voute-" + c.Name} }

func (c *Cluster) kube(program string) string { return filepath.Join(c.Programs.Kube, program) }

// inside is an address as seen from the node and its pods.
func inside(port int) string { return net.JoinHostPort(nodeIP, fmt.Sprint(port)) }
