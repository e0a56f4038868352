package cluster

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"text/template"
)

//go:embed config
var configTemplates embed.FS

// configPlaces says where each file of the config folder is written.
var configPlaces = map[string]string{
	"kubelet.yaml":      "config/kubelet.yaml",
	"containerd.toml":   "config/containerd.toml",
	"bridge.conflist":   "config/cni/10-bridge.conflist",
	"Corefile":          "config/Corefile",
	"audit-policy.yaml": "config/audit-policy.yaml",
	"clamd.conf":        "config/clamd.conf",
	"eicar.ndb":         "clamd/eicar.ndb",
}

const (
	scanSocket = "/run/clamd/clamd.sock"
	scanSpool  = "/run/clamd/spool"
	// scanSpoolSize holds two documents of the largest size. It is a limit, not
	// memory set aside.
	scanSpoolSize = "5g"
	overlayMagic  = 0x794c7630
)

// settings are what the configuration files depend on.
type settings struct {
	Dir, Cgroup, CNI, Snapshotter string
	NodeIP, Bridge, PodRange      string
	ScanSocket, ScanSpool         string
}

func (c *Cluster) settings() settings {
	return settings{
		Dir: c.Dir, Cgroup: c.cgroup().Name, CNI: c.Packages.Bin("usr/lib/cni"), Snapshotter: snapshotter(c.Dir),
		NodeIP: nodeIP, Bridge: bridge, PodRange: podRange,
		ScanSocket: scanSocket, ScanSpool: scanSpool,
	}
}

// snapshotter is how containerd lays images over one another. Layers cannot be
// stacked on a file system that is itself made of layers, as in a container.
func snapshotter(dir string) string {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err == nil && stat.Type == overlayMagic {
		return "native"
	}
	return "overlayfs"
}

func (c *Cluster) writeConfig() error {
	values := c.settings()
	for name, target := range configPlaces {
		content, err := render("config/"+name, values)
		if err != nil {
			return err
		}
		path := c.Path(target)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func render(name string, values any) ([]byte, error) {
	parsed, err := template.New(filepath.Base(name)).Option("missingkey=error").ParseFS(configTemplates, name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, values); err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", name, err)
	}
	return out.Bytes(), nil
}
