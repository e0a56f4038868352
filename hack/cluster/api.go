package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"time"
)

// apiReady waits, inside the node, until the API server is ready.
func (c *Cluster) apiReady(ctx context.Context) error { return c.apiServes("/readyz")(ctx) }

// apiServes waits, inside the node, until the API server answers on a path.
func (c *Cluster) apiServes(path string) func(context.Context) error {
	return func(ctx context.Context) error {
		return c.answers(ctx, fmt.Sprintf("https://127.0.0.1:%d%s", apiPort, path))
	}
}

func (c *Cluster) answers(ctx context.Context, url string) error {
	client, err := c.adminClient()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	return until(ctx, func() bool {
		response, err := client.Get(url)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

func (c *Cluster) adminClient() (*http.Client, error) {
	pair, err := tls.LoadX509KeyPair(c.Path("pki", "admin.crt"), c.Path("pki", "admin.key"))
	if err != nil {
		return nil, err
	}
	roots, err := trusted(c.Path("pki", kubernetesCA+".crt"))
	if err != nil {
		return nil, err
	}
	return &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}},
	}}, nil
}

func trusted(file string) (*x509.CertPool, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return roots, nil
}
