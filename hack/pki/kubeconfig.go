package pki

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// WriteKubeconfig writes a file with which the holder of a certificate of this
// authority signs in to the API server.
func (a *Authority) WriteKubeconfig(path, cluster, server, certificate string) error {
	ca, err := os.ReadFile(a.CertFile())
	if err != nil {
		return err
	}
	cert, err := os.ReadFile(filepath.Join(a.dir, certificate+".crt"))
	if err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(a.dir, certificate+".key"))
	if err != nil {
		return err
	}
	config, err := json.MarshalIndent(map[string]any{
		"apiVersion": "v1",
		"kind":       "Config",
		"clusters": []any{named(cluster, "cluster", map[string]any{
			"server": server, "certificate-authority-data": ca,
		})},
		"users": []any{named(certificate, "user", map[string]any{
			"client-certificate-data": cert, "client-key-data": key,
		})},
		"contexts": []any{named(cluster, "context", map[string]any{
			"cluster": cluster, "user": certificate,
		})},
		"current-context": cluster,
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, config, 0o600)
}

func named(name, kind string, value any) map[string]any {
	return map[string]any{"name": name, kind: value}
}
