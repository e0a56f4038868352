// Command generate writes what package generate makes of a tree into it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"voute.dev/voute/hack/charts/generate"
)

func main() {
	source := flag.String("source", "../..", "root of the source tree")
	flag.Parse()
	if err := run(*source); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(source string) error {
	files, err := generate.Files(source)
	if err != nil {
		return err
	}
	for _, folder := range generate.Owned() {
		if err := os.RemoveAll(filepath.Join(source, folder)); err != nil {
			return err
		}
	}
	for name, content := range files {
		path := filepath.Join(source, filepath.FromSlash(name))
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644))
		if err != nil {
			return err
		}
	}
	return nil
}
