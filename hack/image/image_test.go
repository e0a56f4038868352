package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func sources(t *testing.T) Sources {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return Sources{Program: write("program", "binary"), CAs: write("cas", "pem"), TimeZones: write("zones", "zip")}
}

func build(t *testing.T, from Sources) []byte {
	t.Helper()
	made, err := New("localhost/x:1", "x", from)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := made.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unpack(t *testing.T, archive []byte) map[string]*entry {
	t.Helper()
	found := map[string]*entry{}
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		found[header.Name] = &entry{header, content}
	}
}

type entry struct {
	*tar.Header
	content []byte
}

func TestSameInputsMakeTheSameBytes(t *testing.T) {
	// Two folders, at two times: only the contents may count.
	if !bytes.Equal(build(t, sources(t)), build(t, sources(t))) {
		t.Error("two builds differ")
	}
}

func TestAnotherProgramMakesAnotherImage(t *testing.T) {
	from := sources(t)
	first := build(t, from)
	if err := os.WriteFile(from.Program, []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first, build(t, from)) {
		t.Error("the program changed and the image did not")
	}
}

func TestImageIsWhatEnginesExpect(t *testing.T) {
	whole := unpack(t, build(t, sources(t)))
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	if err := json.Unmarshal(whole["manifest.json"].content, &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest[0].RepoTags[0] != "localhost/x:1" {
		t.Errorf("tags = %v", manifest[0].RepoTags)
	}
	layer := whole[manifest[0].Layers[0]].content
	var config struct {
		Config struct {
			User       string
			Entrypoint []string
		} `json:"config"`
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if err := json.Unmarshal(whole[manifest[0].Config].content, &config); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256(layer)); config.RootFS.DiffIDs[0] != want {
		t.Errorf("layer digest = %s, want %s", config.RootFS.DiffIDs[0], want)
	}
	if config.Config.User != "65532:65532" || config.Config.Entrypoint[0] != "/x" {
		t.Errorf("config = %+v", config.Config)
	}
	checkLayer(t, unpack(t, layer))
}

func checkLayer(t *testing.T, files map[string]*entry) {
	t.Helper()
	for name, mode := range map[string]int64{
		"x": 0o755, "tmp/": 0o1777, "etc/passwd": 0o644,
		"etc/ssl/certs/ca-certificates.crt": 0o644, "usr/share/zoneinfo.zip": 0o644,
	} {
		if files[name] == nil || files[name].Mode != mode {
			t.Errorf("%s is missing or has the wrong mode: %+v", name, files[name])
		}
	}
	for name, file := range files {
		if file.Uid != 0 || file.ModTime.Unix() != 0 {
			t.Errorf("%s has owner %d and time %s", name, file.Uid, file.ModTime)
		}
	}
}

func TestMissingInputIsNamed(t *testing.T) {
	from := sources(t)
	from.CAs = "/nowhere/ca.pem"
	if _, err := New("localhost/x:1", "x", from); err == nil {
		t.Error("an image was made without certificate authorities")
	}
}
