package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"voute.dev/voute/hack/image"
)

const pauseReference = "localhost/pause:1"

// Import gives an archived image to the node, unless it has that very one. It
// reports whether the node's image is a new one.
func (c *Cluster) Import(ctx context.Context, archive string) (changed bool, err error) {
	content, err := os.ReadFile(archive)
	if err != nil {
		return false, err
	}
	hashed := sha256.Sum256(content)
	digest := hex.EncodeToString(hashed[:])
	note := c.Path("images", filepath.Base(archive)+".sha256")
	if last, err := os.ReadFile(note); err == nil && string(last) == digest {
		return false, nil
	}
	if err := c.ctr(ctx, "images", "import", archive); err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(note), 0o755); err != nil {
		return false, err
	}
	return true, os.WriteFile(note, []byte(digest), 0o644)
}

func (c *Cluster) ctr(ctx context.Context, args ...string) error {
	program := c.Packages.Bin("usr/bin/ctr")
	command := exec.CommandContext(ctx, program, append([]string{"--address", c.containerdSocket(), "--namespace", "k8s.io"}, args...)...)
	command.Env = append(os.Environ(), c.packageEnv()...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("ctr %s failed (%w): %s", strings.Join(args, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}

// importPause gives the node the image without which no pod starts.
func (c *Cluster) importPause(ctx context.Context) error {
	if err := listens("unix:" + c.containerdSocket())(ctx); err != nil {
		return fmt.Errorf("containerd does not answer: %w\n%s", err, tail(c.Path("log", "containerd.log")))
	}
	pause, err := image.Bare(pauseReference, "pause", c.kube("pause"))
	if err != nil {
		return err
	}
	archive := c.Path("pause.tar")
	file, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer os.Remove(archive)
	defer file.Close()
	if err := pause.Write(file); err != nil {
		return err
	}
	_, err = c.Import(ctx, archive)
	return err
}
