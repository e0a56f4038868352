package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// User is the number of the user, and of its group, that the program runs as.
const User = 65532

// zones is where Go programs are told to find time zones.
const zones = "/usr/share/zoneinfo.zip"

// File is a file of the image, or a folder when its content is nil.
type File struct {
	Path    string
	Mode    int64
	Content []byte
}

// Image is what an image is made of.
type Image struct {
	Reference string // name:tag
	Program   string // path of the program in the image, its entry point
	Files     []File // folders before what is in them
}

// Sources are the files of this machine from which images are made.
type Sources struct {
	Program   string // static program
	CAs       string // PEM file of certificate authorities
	TimeZones string // Go's zip file of time zones
}

// New is the image of one program, at /<name>.
func New(reference, name string, from Sources) (Image, error) {
	image := Image{Reference: reference, Program: "/" + name, Files: []File{
		{Path: "etc", Mode: 0o755},
		{Path: "etc/group", Mode: 0o644, Content: fmt.Appendf(nil, "root:x:0:\nnonroot:x:%d:\n", User)},
		{Path: "etc/passwd", Mode: 0o644, Content: fmt.Appendf(nil, "root:x:0:0:root:/:\nnonroot:x:%d:%d:nonroot:/tmp:\n", User, User)},
		{Path: "etc/ssl", Mode: 0o755},
		{Path: "etc/ssl/certs", Mode: 0o755},
		{Path: "tmp", Mode: 0o1777},
		{Path: "usr", Mode: 0o755},
		{Path: "usr/share", Mode: 0o755},
	}}
	for _, copied := range []struct {
		from, to string
		mode     int64
	}{
		{from.CAs, "etc/ssl/certs/ca-certificates.crt", 0o644},
		{from.TimeZones, zones[1:], 0o644},
		{from.Program, name, 0o755},
	} {
		content, err := os.ReadFile(copied.from)
		if err != nil {
			return Image{}, fmt.Errorf("cannot put %s into the image %s: %w", copied.to, reference, err)
		}
		image.Files = append(image.Files, File{Path: copied.to, Mode: copied.mode, Content: content})
	}
	return image, nil
}

// Bare is the image of one program and nothing else.
func Bare(reference, name, program string) (Image, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return Image{}, fmt.Errorf("cannot make the image %s: %w", reference, err)
	}
	return Image{Reference: reference, Program: "/" + name, Files: []File{{Path: name, Mode: 0o755, Content: content}}}, nil
}

// Write writes the image as an archive.
func (i Image) Write(to io.Writer) error {
	layer, err := archive(i.Files)
	if err != nil {
		return err
	}
	config, err := json.Marshal(i.config(digest(layer)))
	if err != nil {
		return err
	}
	configName := hex.EncodeToString(sum(config)) + ".json"
	manifest, err := json.Marshal([]map[string]any{{
		"Config": configName, "RepoTags": []string{i.Reference}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return err
	}
	whole, err := archive([]File{
		{Path: configName, Mode: 0o644, Content: config},
		{Path: "layer.tar", Mode: 0o644, Content: layer},
		{Path: "manifest.json", Mode: 0o644, Content: manifest},
	})
	if err != nil {
		return err
	}
	_, err = to.Write(whole)
	return err
}

func (i Image) config(layer string) map[string]any {
	return map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config": map[string]any{
			"User":       fmt.Sprintf("%d:%d", User, User),
			"Entrypoint": []string{i.Program},
			"Env":        []string{"PATH=/", "ZONEINFO=" + zones},
			"WorkingDir": "/",
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{layer}},
		"history": []map[string]any{{"created_by": "voute"}},
	}
}

func archive(files []File) ([]byte, error) {
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, file := range files {
		header := &tar.Header{
			Name: file.Path, Mode: file.Mode, Size: int64(len(file.Content)),
			Typeflag: tar.TypeReg, Format: tar.FormatUSTAR, ModTime: time.Unix(0, 0),
		}
		if file.Content == nil {
			header.Typeflag, header.Name = tar.TypeDir, file.Path+"/"
		}
		if err := writer.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("cannot archive %s: %w", file.Path, err)
		}
		if _, err := writer.Write(file.Content); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return out.Bytes(), err
}

func sum(content []byte) []byte {
	hashed := sha256.Sum256(content)
	return hashed[:]
}

func digest(content []byte) string { return "sha256:" + hex.EncodeToString(sum(content)) }
