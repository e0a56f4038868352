package artifact

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"voute.dev/voute/hack/progress"
)

// packageNames are the Debian packages a node needs. apt adds the libraries
// that this machine lacks.
var packageNames = []string{
	"containerd", "runc", "containernetworking-plugins", "nftables",
	"clamav-daemon", "clamav-base",
}

// Packages is a tree of unpacked Debian packages.
type Packages struct{ Root string }

// Bin is where a program of the packages lies, by its path in Debian.
func (p Packages) Bin(path string) string { return filepath.Join(p.Root, path) }

// Path is a search path for the packages' programs.
func (p Packages) Path() string {
	return p.Bin("usr/sbin") + ":" + p.Bin("usr/bin")
}

// Libraries is a search path for the packages' shared libraries.
func (p Packages) Libraries() string {
	return p.Bin("usr/lib/x86_64-linux-gnu") + ":" + p.Bin("usr/lib/aarch64-linux-gnu")
}

// FetchPackages downloads and unpacks the Debian packages.
func FetchPackages(ctx context.Context, cache string, log *progress.Log) (Packages, error) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return Packages{}, fmt.Errorf("cannot tell which system this is: %w; a local cluster needs Debian 12", err)
	}
	key, err := hashOf(append([]string{string(release)}, packageNames...))
	if err != nil {
		return Packages{}, err
	}
	root, err := keep(cache, "packages-"+key, func(dir string) error {
		log.Step("fetching Debian packages: %s", strings.Join(packageNames, " "))
		return unpackInto(ctx, dir, packageNames...)
	})
	return Packages{Root: root}, err
}

func unpackInto(ctx context.Context, dir string, names ...string) error {
	archives := filepath.Join(dir, "archives")
	if err := os.MkdirAll(filepath.Join(archives, "partial"), 0o755); err != nil {
		return err
	}
	if err := download(ctx, archives, names); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(archives, "*.deb"))
	if err != nil || len(debs) == 0 {
		return errors.Join(errors.New("apt-get downloaded no package at all"), err)
	}
	for _, deb := range debs {
		if err := run(ctx, "dpkg", "-x", deb, dir); err != nil {
			return err
		}
	}
	return os.RemoveAll(archives)
}

// download asks apt for the packages, and once more after refreshing its lists
// when these are missing or too old.
func download(ctx context.Context, archives string, names []string) error {
	args := append([]string{
		"install", "--yes", "--quiet", "--no-install-recommends", "--download-only", "--reinstall",
		"-o", "Dir::Cache::archives=" + archives, "-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=true",
	}, names...)
	if run(ctx, "apt-get", args...) == nil {
		return nil
	}
	if err := run(ctx, "apt-get", "update", "--quiet"); err != nil {
		return fmt.Errorf("%w; the package lists are needed: check the machine's apt sources", err)
	}
	return run(ctx, "apt-get", args...)
}

// run runs a command and, when it fails, says so with the end of what it printed.
func run(ctx context.Context, name string, args ...string) error {
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8")
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s failed (%w):\n%s", name, args[0], err, lastLines(string(output), 15))
	}
	return nil
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > count {
		lines = lines[len(lines)-count:]
	}
	return "    " + strings.Join(lines, "\n    ")
}
