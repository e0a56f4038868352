// Package product builds what Voûte ships, the operator and the sharing server,
// from the source tree, and makes images of them.
package product

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"voute.dev/voute/hack/artifact"
	"voute.dev/voute/hack/image"
)

// Version is that of the product as the local cluster runs it.
const Version = "0.1.0"

// The references of the images.
const (
	OperatorImage = "localhost/voute-operator:" + Version
	ServerImage   = "localhost/voute-server:" + Version
)

// certificateAuthorities is where Debian keeps those that the machine trusts.
const certificateAuthorities = "/etc/ssl/certs/ca-certificates.crt"

// part is one of the two programs.
type part struct {
	name, reference, pkg, versionVariable string
}

var parts = []part{
	{"voute-operator", OperatorImage, "./cmd/operator", "voute.dev/voute/internal/version.Version"},
	{"voute-server", ServerImage, "./cmd/server", "voute.dev/voute/server/version.Version"},
}

// Product is a folder with the two programs, <name>, and their images, <name>.tar.
type Product struct{ Dir string }

// Programs are the names of the two programs.
func Programs() []string { return []string{parts[0].name, parts[1].name} }

// Binary is the path of a program.
func (p Product) Binary(name string) string { return filepath.Join(p.Dir, name) }

// Archive is the path of a program's image.
func (p Product) Archive(name string) string { return filepath.Join(p.Dir, name+".tar") }

// ServerOf is the reference of the sharing server's image of another version.
func ServerOf(version string) string { return "localhost/voute-server:" + version }

// Build builds programs and images into the folder. Go's own cache makes it
// quick when nothing has changed.
func Build(ctx context.Context, source, dir string) (Product, error) {
	product := Product{Dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return product, err
	}
	zones, err := timeZones(ctx)
	if err != nil {
		return product, err
	}
	for _, one := range parts {
		if err := product.build(ctx, source, zones, one, one.name, Version); err != nil {
			return product, err
		}
	}
	return product, nil
}

// BuildServer builds the same sharing server once more, as another version, and
// returns its image's archive: a roll-out takes two.
func BuildServer(ctx context.Context, source, dir, version string) (archive string, err error) {
	product := Product{Dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	zones, err := timeZones(ctx)
	if err != nil {
		return "", err
	}
	server := parts[1]
	server.reference = ServerOf(version)
	file := server.name + "-" + version
	return product.Archive(file), product.build(ctx, source, zones, server, file, version)
}

// build builds a program, stamped with a version, and its image.
func (p Product) build(ctx context.Context, source, zones string, one part, file, version string) error {
	stamp := "-X " + one.versionVariable + "=" + version
	if err := artifact.GoBuild(ctx, source, p.Binary(file), stamp, one.pkg); err != nil {
		return err
	}
	return writeImage(p.Archive(file), one, image.Sources{Program: p.Binary(file), CAs: certificateAuthorities, TimeZones: zones})
}

func writeImage(archive string, one part, from image.Sources) error {
	made, err := image.New(one.reference, one.name, from)
	if err != nil {
		return fmt.Errorf("%w; on Debian: apt-get install ca-certificates", err)
	}
	// Renamed into place: another process may be reading the one of before.
	draft, err := os.Create(archive + ".draft")
	if err != nil {
		return err
	}
	defer draft.Close()
	if err := made.Write(draft); err != nil {
		return err
	}
	return os.Rename(draft.Name(), archive)
}

// timeZones is the file of time zones that comes with Go.
func timeZones(ctx context.Context) (string, error) {
	output, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("cannot ask Go where it is: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(output)), "lib", "time", "zoneinfo.zip"), nil
}
