package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"voute.dev/voute/hack/artifact"
	"voute.dev/voute/hack/node"
	"voute.dev/voute/hack/place"
	"voute.dev/voute/hack/progress"
)

// firstCluster is the name whose doors are at the well-known ports, if they are free.
const firstCluster = "demo"

var usualPorts = map[string][]int{
	doorAPI: {16443}, doorHTTPS: {443, 8443}, doorHTTP: {80, 8080}, doorVault: {18200}, doorMail: {18025},
}

const startTimeout = 3 * time.Minute

// Options say how a cluster is started.
type Options struct {
	Name   string
	Source string         // root of the source tree
	Ports  map[string]int // of doors that must be at a certain port
}

// Up starts a cluster and all that is beside it; one that runs is completed.
// It returns when everything answers, and the cluster goes on running.
func Up(ctx context.Context, options Options, log *progress.Log) (*Cluster, error) {
	cache, err := ready()
	if err != nil {
		return nil, err
	}
	unlock, err := artifact.Lock(cache, "cluster-"+options.Name)
	if err != nil {
		return nil, err
	}
	defer unlock()
	c, err := Open(options.Name)
	if err != nil {
		return nil, err
	}
	if c.Running() {
		log.Step("the cluster %s runs already", c.Name)
	} else {
		if err := c.build(ctx, cache, options.Source, log); err != nil {
			return nil, err
		}
		log.Step("starting the node %s", c.Name)
		if err := c.start(options); err != nil {
			return nil, err
		}
	}
	if err := c.complete(ctx, options.Source, log); err != nil {
		return nil, fmt.Errorf("%w\nThe logs are in %s. To begin anew: local down --name %s", err, c.Path("log"), c.Name)
	}
	return c, nil
}

// ready checks that this machine can run a cluster, and returns the cache folder.
func ready() (string, error) {
	if os.Geteuid() != 0 {
		return "", errors.New("a local cluster makes namespaces, mounts and control groups: run this as root")
	}
	return place.Cache()
}

func (c *Cluster) build(ctx context.Context, cache, source string, log *progress.Log) error {
	var err error
	if c.Packages, err = artifact.FetchPackages(ctx, cache, log); err != nil {
		return err
	}
	c.Programs, err = artifact.BuildPrograms(ctx, cache, source, log)
	return err
}

func (c *Cluster) start(options Options) error {
	// For its owner alone: keys, mail and volumes lie in it.
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	for _, dir := range []string{"log", "bin", "etcd", "volumes", "vault/data", "clamd", "gateway"} {
		if err := os.MkdirAll(c.Path(dir), 0o755); err != nil {
			return err
		}
	}
	doors, err := c.openDoors(options.Ports)
	if err != nil {
		return err
	}
	defer closeAll(doors) // the node has its own descriptors of them
	for _, step := range []func() error{c.writeCertificates, c.writeAdminKubeconfig, c.writeConfig, c.linkPrograms, c.cgroup().Create, c.save} {
		if err := step(); err != nil {
			return err
		}
	}
	process, err := node.Launch(c.nodeLog(), doors, "init", c.Dir)
	if err != nil {
		return err
	}
	if c.Init, err = node.MarkOf(process.Pid); err != nil {
		return fmt.Errorf("the node ended at once: %w\n%s", err, tail(c.nodeLog()))
	}
	return c.save()
}

func closeAll(doors []*net.TCPListener) {
	for _, door := range doors {
		door.Close()
	}
}

// openDoors opens the doors, at the ports of the last time if it can.
func (c *Cluster) openDoors(wanted map[string]int) ([]*net.TCPListener, error) {
	last := c.Doors
	c.Doors = nil
	var opened []*net.TCPListener
	for _, name := range doorNames {
		ports := []int{}
		for _, door := range last {
			if door.Name == name {
				ports = append(ports, door.Port)
			}
		}
		if c.Name == firstCluster {
			ports = append(ports, usualPorts[name]...)
		}
		if wanted[name] != 0 {
			ports = []int{wanted[name]}
		}
		door, listener, err := node.OpenDoor(name, ports...)
		if err != nil {
			return nil, err
		}
		if wanted[name] != 0 && door.Port != wanted[name] {
			return nil, fmt.Errorf("port %d on 127.0.0.1, wanted for %s, is in use; choose another or leave the choice open", wanted[name], name)
		}
		c.Doors = append(c.Doors, door)
		opened = append(opened, listener)
	}
	return opened, nil
}

// world is what the node sees of this machine.
func (c *Cluster) world() node.World {
	_, pods, _ := net.ParseCIDR(podRange)
	_, services, _ := net.ParseCIDR(serviceRange)
	return node.World{
		Keep:     filepath.Dir(filepath.Dir(c.Dir)),
		Bridge:   bridge,
		Address:  net.IPNet{IP: net.ParseIP(nodeIP), Mask: pods.Mask},
		Services: *services,
		Memory:   map[string]string{scanSpool: scanSpoolSize},
	}
}

// linkPrograms gives people a folder for their PATH with what they need and no more.
func (c *Cluster) linkPrograms() error {
	for _, program := range []string{c.kube("kubectl"), filepath.Join(c.Programs.Helm, "helm")} {
		link := filepath.Join(c.BinDir(), filepath.Base(program))
		if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.Symlink(program, link); err != nil {
			return err
		}
	}
	return nil
}

// BinDir is a folder for a person's PATH.
func (c *Cluster) BinDir() string { return c.Path("bin") }

func (c *Cluster) nodeLog() string { return c.Path("log", "node.log") }

// complete waits for the parts of a started node and tells them of one another.
func (c *Cluster) complete(ctx context.Context, source string, log *progress.Log) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := c.waitForAPI(ctx); err != nil {
		return err
	}
	log.Step("the API server answers; setting up the services beside it")
	if err := c.applyBase(ctx); err != nil {
		return err
	}
	if err := c.importPause(ctx); err != nil {
		return err
	}
	if err := c.setUpVault(ctx, source); err != nil {
		return err
	}
	if err := c.applyIssuers(ctx); err != nil {
		return err
	}
	if err := c.waitForNode(ctx); err != nil {
		return err
	}
	log.Step("the node is ready; Vault is unsealed; cert-manager issues certificates")
	return nil
}

func (c *Cluster) waitForAPI(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- c.answers(ctx, fmt.Sprintf("https://127.0.0.1:%d/readyz", c.Port(doorAPI))) }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("the API server does not answer: %w\n%s", err, tail(c.Path("log", "kube-apiserver.log")))
			}
			return nil
		case <-time.After(200 * time.Millisecond):
			if !c.Running() {
				return fmt.Errorf("the node has ended:\n%s", tail(c.nodeLog()))
			}
		}
	}
}

// tail is the end of a log file, indented.
func tail(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "    (no log: " + err.Error() + ")"
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	if len(lines) > 10 {
		lines = lines[len(lines)-10:]
	}
	return "    " + strings.Join(lines, "\n    ")
}
