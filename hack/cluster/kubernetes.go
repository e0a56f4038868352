package cluster

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"voute.dev/voute/hack/node"
)

// The store is reached over plain HTTP: only the node's own loopback leads to
// it, which pods do not share.
const (
	etcdClients = "http://127.0.0.1:2379"
	etcdPeers   = "http://127.0.0.1:2380"
)

// kubernetesProcesses are those of the control plane and of the node.
func (c *Cluster) kubernetesProcesses() []node.Process {
	return []node.Process{
		c.etcd(), c.apiServer(), c.controllerManager(), c.scheduler(),
		c.containerd(), c.kubelet(), c.kubeProxy(), c.dns(),
	}
}

func (c *Cluster) etcd() node.Process {
	return node.Process{Name: "etcd", Path: c.kube("etcd"), Args: []string{
		"--data-dir=" + c.Path("etcd"), "--listen-client-urls=" + etcdClients, "--advertise-client-urls=" + etcdClients,
		"--listen-peer-urls=" + etcdPeers, "--log-level=warn",
		// Faster, and the cluster is not there to survive a power cut.
		"--unsafe-no-fsync",
	}}
}

func (c *Cluster) apiServer() node.Process {
	pki := func(name string) string { return c.Path("pki", name) }
	return node.Process{Name: "kube-apiserver", Path: c.kube("kube-apiserver"), After: listens("127.0.0.1:2379"), Args: []string{
		"--etcd-servers=" + etcdClients,
		// All addresses of the node's own network namespace: these are the
		// loopback and the pods' bridge, and there is no other interface.
		"--bind-address=0.0.0.0", fmt.Sprintf("--secure-port=%d", apiPort), "--advertise-address=" + nodeIP,
		"--service-cluster-ip-range=" + serviceRange,
		"--allow-privileged=true", "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--client-ca-file=" + pki(kubernetesCA+".crt"),
		"--tls-cert-file=" + pki("apiserver.crt"), "--tls-private-key-file=" + pki("apiserver.key"),
		"--kubelet-certificate-authority=" + pki(kubernetesCA+".crt"), "--kubelet-preferred-address-types=InternalIP",
		"--kubelet-client-certificate=" + pki("admin.crt"), "--kubelet-client-key=" + pki("admin.key"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + pki("service-accounts.pub"), "--service-account-signing-key-file=" + pki("service-accounts.key"),
		"--requestheader-client-ca-file=" + pki(kubernetesCA+".crt"), "--requestheader-allowed-names=front-proxy",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + pki("front-proxy.crt"), "--proxy-client-key-file=" + pki("front-proxy.key"),
		"--audit-policy-file=" + c.Path("config", "audit-policy.yaml"), "--audit-log-path=" + c.AuditLog(),
		"--profiling=false",
	}}
}

// AuditLog is the API server's, one JSON line an event.
func (c *Cluster) AuditLog() string { return c.Path("log", "apiserver-audit.log") }

func (c *Cluster) controllerManager() node.Process {
	return node.Process{Name: "kube-controller-manager", Path: c.kube("kube-controller-manager"), After: c.apiReady, Args: append(
		c.signIn("controller-manager"),
		"--bind-address=127.0.0.1", "--leader-elect=false", "--use-service-account-credentials",
		"--service-account-private-key-file="+c.Path("pki", "service-accounts.key"),
		"--root-ca-file="+c.Path("pki", kubernetesCA+".crt"),
		"--cluster-signing-cert-file="+c.Path("pki", kubernetesCA+".crt"),
		"--cluster-signing-key-file="+c.Path("pki", kubernetesCA+".key"),
		"--service-cluster-ip-range="+serviceRange,
		"--pvclaimbinder-sync-period=1s", // claims bind at once instead of after 15 seconds
	)}
}

func (c *Cluster) scheduler() node.Process {
	return node.Process{Name: "kube-scheduler", Path: c.kube("kube-scheduler"), After: c.apiReady, Args: append(
		c.signIn("scheduler"), "--bind-address=127.0.0.1", "--leader-elect=false",
	)}
}

func (c *Cluster) signIn(name string) []string {
	file := c.Path("pki", name+".kubeconfig")
	return []string{"--kubeconfig=" + file, "--authentication-kubeconfig=" + file, "--authorization-kubeconfig=" + file}
}

func (c *Cluster) containerd() node.Process {
	return node.Process{
		Name: "containerd", Path: c.Packages.Bin("usr/bin/containerd"), Env: c.packageEnv(),
		Args: []string{"--config", c.Path("config", "containerd.toml")},
	}
}

func (c *Cluster) kubelet() node.Process {
	return node.Process{
		Name: "kubelet", Path: c.kube("kubelet"), Env: c.packageEnv(),
		After: all(listens("unix:"+c.containerdSocket()), c.apiReady),
		Args: []string{
			"--config=" + c.Path("config", "kubelet.yaml"), "--kubeconfig=" + c.Path("pki", "kubelet.kubeconfig"),
			"--hostname-override=" + c.Name, "--node-ip=" + nodeIP,
			"--root-dir=" + c.Path("kubelet"), "--cert-dir=" + c.Path("kubelet", "pki"),
		},
	}
}

func (c *Cluster) kubeProxy() node.Process {
	return node.Process{Name: "kube-proxy", Path: c.kube("kube-proxy"), Env: c.packageEnv(), After: c.apiReady, Args: []string{
		"--kubeconfig=" + c.Path("pki", "proxy.kubeconfig"), "--hostname-override=" + c.Name,
		"--proxy-mode=nftables", "--cluster-cidr=" + podRange, "--bind-address=" + nodeIP,
		// All pods sit on one bridge: without this an answer could take the
		// short way, past the node that has to translate its address back.
		"--masquerade-all",
		// The machine's settings, which are not the node's to change.
		"--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0s", "--conntrack-tcp-timeout-close-wait=0s",
	}}
}

func (c *Cluster) dns() node.Process {
	return node.Process{Name: "coredns", Path: c.kube("coredns"), After: c.apiReady, Args: []string{
		"-conf", c.Path("config", "Corefile"),
	}}
}

func (c *Cluster) containerdSocket() string { return c.Path("containerd.sock") }

// packageEnv lets a program find those of the Debian packages and their libraries.
func (c *Cluster) packageEnv() []string {
	return []string{
		"PATH=" + c.Packages.Path() + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LD_LIBRARY_PATH=" + c.Packages.Libraries(),
	}
}

// listens waits until something answers at host:port, or at unix:path.
func listens(address string) func(context.Context) error {
	network := "tcp"
	if path, found := strings.CutPrefix(address, "unix:"); found {
		network, address = "unix", path
	}
	return func(ctx context.Context) error {
		return until(ctx, func() bool {
			connection, err := net.DialTimeout(network, address, time.Second)
			if err == nil {
				connection.Close()
			}
			return err == nil
		})
	}
}

// all waits for each of the conditions in turn.
func all(conditions ...func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, wait := range conditions {
			if err := wait(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

func until(ctx context.Context, holds func() bool) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
