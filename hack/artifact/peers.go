package artifact

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"voute.dev/voute/hack/progress"
)

// Public clients of the protocols that the server speaks, as they are. The lock
// file has the hash of each package.
//
//go:embed peers/package.json peers/package-lock.json
var peerFiles embed.FS

// nodePackages are for a machine that has no Node.js of its own.
var nodePackages = []string{"nodejs", "npm"}

// Peers are clients written for Node.js, and what runs them.
type Peers struct {
	Node    string // a program
	Modules string // a folder
}

// FetchPeers gets Node.js, where the machine has none, and the clients.
func FetchPeers(ctx context.Context, cache string, log *progress.Log) (Peers, error) {
	node, npm, err := fetchNode(ctx, cache, log)
	if err != nil {
		return Peers{}, err
	}
	lock, err := peerFiles.ReadFile("peers/package-lock.json")
	if err != nil {
		return Peers{}, err
	}
	key, err := hashOf([]string{string(lock)})
	if err != nil {
		return Peers{}, err
	}
	dir, err := keep(cache, "peers-"+key, func(dir string) error {
		log.Step("fetching public clients from the npm registry")
		return installPeers(ctx, npm, dir)
	})
	return Peers{Node: node, Modules: filepath.Join(dir, "node_modules")}, err
}

// installPeers runs nothing of the packages' own.
func installPeers(ctx context.Context, npm []string, dir string) error {
	for _, name := range []string{"package.json", "package-lock.json"} {
		content, err := peerFiles.ReadFile("peers/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	args := slices.Concat(npm[1:], []string{"--prefix", dir, "ci", "--ignore-scripts", "--no-audit", "--no-fund"})
	return run(ctx, npm[0], args...)
}

// fetchNode finds Node.js and npm on the machine, or unpacks Debian's.
func fetchNode(ctx context.Context, cache string, log *progress.Log) (node string, npm []string, err error) {
	node, noNode := exec.LookPath("node")
	own, noNPM := exec.LookPath("npm")
	if noNode == nil && noNPM == nil {
		return node, []string{own}, nil
	}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", nil, fmt.Errorf("cannot tell which system this is: %w; install Node.js and npm, or use Debian 12", err)
	}
	key, err := hashOf(append([]string{string(release)}, nodePackages...))
	if err != nil {
		return "", nil, err
	}
	root, err := keep(cache, "node-"+key, func(dir string) error {
		log.Step("fetching Debian packages: %s", strings.Join(nodePackages, " "))
		if err := unpackInto(ctx, dir, nodePackages...); err != nil {
			return err
		}
		return wrapNode(filepath.Join(cache, "node-"+key), dir)
	})
	if err != nil {
		return "", nil, err
	}
	node = filepath.Join(root, "run-node")
	return node, []string{node, "/usr/share/nodejs/npm/bin/npm-cli.js"}, nil
}

// nodeScript shows Debian's modules where Debian has built in that they are, to
// this process alone: nothing is installed. It needs root, as a local cluster does.
const nodeScript = `#!/bin/sh
if [ -z "$VOUTE_NODE_INSIDE" ]; then
  VOUTE_NODE_INSIDE=1 exec unshare --mount -- "$0" "$@"
fi
unset VOUTE_NODE_INSIDE
mount -t overlay overlay -o 'lowerdir=%[1]s/usr/share:/usr/share' /usr/share || exit 1
export LD_LIBRARY_PATH='%[2]s'
exec '%[1]s/usr/bin/node' "$@"
`

func wrapNode(root, dir string) error {
	script := fmt.Sprintf(nodeScript, root, Packages{Root: root}.Libraries())
	return os.WriteFile(filepath.Join(dir, "run-node"), []byte(script), 0o755)
}
