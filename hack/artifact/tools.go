package artifact

import (
	"fmt"
	"os"
	"path/filepath"
)

// Tools returns a folder with the programs that tests run by themselves:
// kube-apiserver, etcd and kubectl, vault, helm, clamd, node; and in node_modules
// public clients that run on the last.
func Tools(cache string, programs Programs, packages Packages, peers Peers) (string, error) {
	key, err := hashOf([]string{programs.Kube, programs.Vault, programs.Helm, packages.Root, peers.Node, peers.Modules})
	if err != nil {
		return "", err
	}
	return keep(cache, "tools-"+key, func(dir string) error {
		for _, program := range []string{
			filepath.Join(programs.Kube, "kube-apiserver"), filepath.Join(programs.Kube, "etcd"),
			filepath.Join(programs.Kube, "kubectl"), filepath.Join(programs.Vault, "vault"),
			filepath.Join(programs.Helm, "helm"),
		} {
			if err := os.Symlink(program, filepath.Join(dir, filepath.Base(program))); err != nil {
				return err
			}
		}
		for name, target := range map[string]string{"node": peers.Node, "node_modules": peers.Modules} {
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				return err
			}
		}
		// clamd has to be told where its libraries are.
		script := fmt.Sprintf("#!/bin/sh\nLD_LIBRARY_PATH='%s' exec '%s' \"$@\"\n", packages.Libraries(), packages.Bin("usr/sbin/clamd"))
		return os.WriteFile(filepath.Join(dir, "clamd"), []byte(script), 0o755)
	})
}
