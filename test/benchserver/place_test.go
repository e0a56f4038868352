package benchserver

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/server/config"
	"voute.dev/voute/test/clamdserver"
	"voute.dev/voute/test/mailserver"
	"voute.dev/voute/test/program"
	"voute.dev/voute/test/vaultserver"
)

const prefix = "justice.justice-production"

// place is the server as a process with what it needs, and the floor as another.
type place struct {
	t              *testing.T
	folder         string // of the programs
	authority      *certtest.Authority
	vault          *vaultserver.Server
	clamd          *clamdserver.Server
	mail           *mailserver.Server
	settings       config.Config
	file           string
	server, floor  *program.Process
	floorAddress   string
	gatewayAddress string
	pilot          *pilot
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, folder: t.TempDir(), authority: certtest.New(t), file: filepath.Join(t.TempDir(), "voute.yaml")}
	p.vault, p.clamd = vaultserver.Start(t), clamdserver.Start(t, clamdserver.Limits{})
	p.mail = mailserver.Start(t, mailserver.Options{})
	p.gatewayAddress, p.floorAddress = program.FreeAddress(t), program.FreeAddress(t)
	p.build()
	p.settings = p.configuration()
	text, err := yaml.Marshal(p.settings)
	p.must(err)
	p.must(os.WriteFile(p.file, text, 0o600))
	p.startServer()
	p.startFloor()
	p.pilot = p.join()
	return p
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// build makes the programs, without symbols, as the server ships.
func (p *place) build() {
	p.t.Helper()
	server := "../../cmd/server"
	if *profiles != "" {
		server = "./profiled"
		p.t.Setenv("PROFILES", *profiles)
	}
	for name, source := range map[string]string{"voute-server": "../../cmd/server", "served": server, "floor": "./floor"} {
		build := exec.CommandContext(p.t.Context(), "go", "build", "-ldflags", "-s -w", "-o", filepath.Join(p.folder, name), source)
		if output, err := build.CombinedOutput(); err != nil {
			p.t.Fatalf("build %s: %v\n%s", source, err, output)
		}
	}
}

func (p *place) configuration() config.Config {
	p.t.Helper()
	var trusted bytes.Buffer
	for _, file := range []string{p.authority.File, p.vault.CAFile, p.mail.CAFile} {
		pem, err := os.ReadFile(file)
		p.must(err)
		trusted.Write(pem)
	}
	https := program.FreeAddress(p.t)
	_, port, err := net.SplitHostPort(https)
	p.must(err)
	own, client := p.authority.Issue(p.t), p.authority.Issue(p.t)
	return config.Config{
		Environment: "production", TimeZone: "America/Toronto", Address: "https://localhost:" + port,
		Listen:       config.Listen{HTTPS: https, HTTP: program.FreeAddress(p.t), Status: program.FreeAddress(p.t)},
		TLS:          config.TLS{CertificateFile: own.CertFile, KeyFile: own.KeyFile, TrustedCAFile: p.write("ca.pem", trusted.String())},
		Organization: config.Organization{NameFr: "Ministère de la Justice", NameEn: "Department of Justice", SupportEmail: "soutien@justice.test"},
		Pilots:       []config.Pilot{{ID: "marie", Email: pilotEmail, Name: "Marie Tremblay", Language: "fr"}},
		Retention:    config.Retention{DefaultDays: 30, MinDays: 1, MaxDays: 90},
		Storage:      config.Storage{Directory: filepath.Join(p.t.TempDir(), "data"), QuotaBytes: 40_000_000_000},
		Keys: config.Keys{Vault: &config.VaultKeys{
			Address: p.vault.Address, TransitPath: "transit", Prefix: prefix, TokenFile: p.write("token", p.vault.ServerToken(p.t, prefix)),
		}},
		Scanner:  config.Scanner{Address: p.gatewayAddress, CertificateFile: client.CertFile, KeyFile: client.KeyFile},
		Mail:     p.mail.Config(),
		Shutdown: config.Shutdown{SettleSeconds: new(0)},
	}
}

func (p *place) write(name, content string) string {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), name)
	p.must(os.WriteFile(file, []byte(content), 0o600))
	return file
}

// startServer starts the server and waits until it serves.
func (p *place) startServer() {
	p.t.Helper()
	p.server = program.Start(p.t, filepath.Join(p.folder, "served"), "--config", p.file)
	p.server.Await(p.t, func() error {
		response, err := http.Get("http://" + p.settings.Listen.HTTP + "/readyz")
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("/readyz: %s", response.Status)
		}
		if response != nil {
			err = errors.Join(err, response.Body.Close())
		}
		return err
	})
}

// restart gives a server that has done nothing yet; who was signed in still is.
func (p *place) restart() {
	p.t.Helper()
	p.server.Stop()
	p.startServer()
}

func (p *place) startFloor() {
	p.t.Helper()
	pair := p.authority.Issue(p.t)
	p.floor = program.Start(p.t, filepath.Join(p.folder, "floor"), p.floorAddress, pair.CertFile, pair.KeyFile, p.t.TempDir())
	p.awaitListener(p.floor, p.floorAddress)
}

// startScanner opens the way to clamd, which is closed before.
func (p *place) startScanner() {
	p.t.Helper()
	pair := p.authority.Issue(p.t)
	gateway := program.Start(p.t, filepath.Join(p.folder, "voute-server"), "scan-gateway", "--listen", p.gatewayAddress, "--socket", p.clamd.Socket,
		"--cert", pair.CertFile, "--key", pair.KeyFile, "--client-ca", p.authority.File)
	p.awaitListener(gateway, p.gatewayAddress)
}

func (p *place) awaitListener(process *program.Process, address string) {
	p.t.Helper()
	process.Await(p.t, func() error {
		connection, err := new(net.Dialer).DialContext(p.t.Context(), "tcp", address)
		if err != nil {
			return err
		}
		return connection.Close()
	})
}
