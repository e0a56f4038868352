package node

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// World is what a node sees of the machine.
type World struct {
	// Keep is a folder of the host that stays as it is, whatever is mounted around it.
	Keep string
	// Bridge and Address are the network of the pods, as seen from the node.
	Bridge  string
	Address net.IPNet
	// Services are the addresses that kube-proxy translates. They need a way,
	// or nothing that is sent to them gets as far as the translation.
	Services net.IPNet
	// Memory maps folders to the size of a file system in memory mounted there.
	Memory map[string]string
}

// covered are folders with names that Kubernetes' programs have built in. The
// node writes in a layer of its own over them.
var covered = []string{"/var/lib", "/var/log", "/opt"}

// kernelSettings are what the kubelet wants to find, and would set on the host
// for everyone: it finds files that say so instead.
var kernelSettings = map[string]string{
	"kernel/keys/root_maxbytes": "25000000",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
}

func (w World) prepare() error {
	kept, err := os.Open(w.Keep)
	if err != nil {
		return fmt.Errorf("cannot open the folder to keep: %w", err)
	}
	defer kept.Close()
	if err := privateMounts(); err != nil {
		return err
	}
	for _, folder := range covered {
		if err := cover(folder); err != nil {
			return err
		}
	}
	if err := mount(fmt.Sprintf("/proc/self/fd/%d", kept.Fd()), w.Keep, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := coverKernelSettings(); err != nil {
		return err
	}
	for folder, size := range w.Memory {
		if err := mountMemory(folder, "mode=0755,size="+size); err != nil {
			return err
		}
	}
	return w.prepareNetwork()
}

// privateMounts cuts the ties of this mount namespace with the host's, then
// lets mounts spread within it, as the kubelet needs. Its /run starts empty.
func privateMounts() error {
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return err
	}
	if err := mount("proc", "/proc", "proc", 0, ""); err != nil {
		return err
	}
	if err := mountMemory("/run", "mode=0755"); err != nil {
		return err
	}
	return os.MkdirAll("/run/netns", 0o755)
}

// cover lays an empty layer in memory over a folder: the host's files can be
// read, what is written is the node's own and goes with it.
func cover(folder string) error {
	layer := filepath.Join("/run/layers", strings.ReplaceAll(folder, "/", "-"))
	for _, dir := range []string{layer + "/upper", layer + "/work"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%s/work", folder, layer, layer)
	return mount("overlay", folder, "overlay", 0, options)
}

func coverKernelSettings() error {
	for name, value := range kernelSettings {
		file := filepath.Join("/run/kernel", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil {
			return err
		}
		if err := mount(file, filepath.Join("/proc/sys", name), "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}

func mountMemory(folder, options string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return mount("tmpfs", folder, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options)
}

func mount(source, target, kind string, flags uintptr, options string) error {
	if err := unix.Mount(source, target, kind, flags, options); err != nil {
		return fmt.Errorf("cannot mount %s %s on %s: %w", kind, source, target, err)
	}
	return nil
}

// prepareNetwork makes the two interfaces that the node has: its loopback and
// the bridge to which pods are tied. No way leads outside.
func (w World) prepareNetwork() error {
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		return fmt.Errorf("cannot bring up the loopback interface: %w", err)
	}
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: w.Bridge}}
	if err := netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("cannot make the bridge %s: %w; the kernel needs bridge support", w.Bridge, err)
	}
	if err := netlink.AddrAdd(bridge, &netlink.Addr{IPNet: &w.Address}); err != nil {
		return fmt.Errorf("cannot give the bridge the address %s: %w", w.Address.String(), err)
	}
	if err := netlink.LinkSetUp(bridge); err != nil {
		return fmt.Errorf("cannot bring up the bridge %s: %w", w.Bridge, err)
	}
	route := &netlink.Route{LinkIndex: bridge.Attrs().Index, Dst: &w.Services, Scope: netlink.SCOPE_LINK}
	if err := netlink.RouteAdd(route); err != nil {
		return fmt.Errorf("cannot route %s: %w", w.Services.String(), err)
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1\n"), 0o644)
}
