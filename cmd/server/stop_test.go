package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/server/config"
	"voute.dev/voute/test/program"
)

// lonely is the configuration of a server with nothing behind it.
func lonely(t *testing.T) config.Config {
	t.Helper()
	pair := certtest.New(t).Issue(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Config{
		Environment: "development", TimeZone: "America/Toronto", Address: "https://localhost",
		Listen:       config.Listen{HTTPS: program.FreeAddress(t), HTTP: program.FreeAddress(t), Status: program.FreeAddress(t)},
		TLS:          config.TLS{CertificateFile: pair.CertFile, KeyFile: pair.KeyFile},
		Organization: config.Organization{NameFr: "Ministère", SupportEmail: "aide@justice.test"},
		Retention:    config.Retention{DefaultDays: 30, MinDays: 1, MaxDays: 90},
		Storage:      config.Storage{Directory: filepath.Join(t.TempDir(), "data"), QuotaBytes: 1_000_000},
		Keys:         config.Keys{Vault: &config.VaultKeys{Address: "https://127.0.0.1:1", TransitPath: "transit", Prefix: prefix, TokenFile: token}},
		Scanner:      config.Scanner{Socket: filepath.Join(t.TempDir(), "clamd.sock")},
		Mail:         config.Mail{Host: "127.0.0.1", Port: 1, Security: "none", From: "voute@justice.test"},
		Shutdown:     config.Shutdown{SettleSeconds: new(2), DrainSeconds: new(10)},
	}
}

// TestAskedTwiceItStopsOnce: a second signal neither hurries the stop nor
// breaks it off, and the process ends well.
func TestAskedTwiceItStopsOnce(t *testing.T) {
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	settings := lonely(t)
	text, err := yaml.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	configuration := filepath.Join(t.TempDir(), "voute.yaml")
	if err := os.WriteFile(configuration, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	server := exec.CommandContext(t.Context(), file, "--config", configuration)
	server.Stderr = &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for _, ready := range []int{http.StatusOK, http.StatusServiceUnavailable} {
		until(t, settings.Listen.HTTP, ready)
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	if got := said.String(); strings.Count(got, "stop asked") != 1 || strings.Count(got, `"cut":0`) != 1 {
		t.Errorf("the server said:\n%s", got)
	}
}

// until waits for an answer of the readiness probe.
func until(t *testing.T, address string, status int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		response, err := http.Get(fmt.Sprintf("http://%s/readyz", address))
		if err != nil {
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode == status {
			return
		}
	}
	t.Fatalf("/readyz never answers %d", status)
}
