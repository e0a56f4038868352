// Package apiserver runs a real Kubernetes API server, without a node, for the
// length of a test.
package apiserver

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"voute.dev/voute/test/program"
)

// patience is how long it may take to start or stop on a busy machine.
const patience = 2 * time.Minute

// Server is the running API server.
type Server struct {
	// Config signs in as an administrator.
	Config *rest.Config

	environment *envtest.Environment
	kubeconfig  string
}

// Start starts an API server that knows the kinds of the given files or
// folders. The test is skipped where a program is missing.
func Start(t testing.TB, crds ...string) *Server {
	t.Helper()
	environment := &envtest.Environment{
		CRDDirectoryPaths:        crds,
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: patience,
		ControlPlaneStopTimeout:  patience,
	}
	environment.ControlPlane.GetAPIServer().Path = collectingLate(t, program.Tool(t, "kube-apiserver"))
	// Its default holds 254 Services, fewer than some suites make.
	environment.ControlPlane.GetAPIServer().Configure().Set("service-cluster-ip-range", "10.96.0.0/16")
	// A folder of our own: envtest's is removed by Stop, and with it who may sign in.
	environment.ControlPlane.GetAPIServer().CertDir = t.TempDir()
	environment.ControlPlane.Etcd = &envtest.Etcd{Path: program.Tool(t, "etcd")}
	// Before the start: one that fails half-way leaves programs behind.
	t.Cleanup(func() {
		if err := environment.Stop(); err != nil {
			t.Errorf("the API server does not stop: %v", err)
		}
	})
	config, err := environment.Start()
	if err != nil {
		t.Fatalf("cannot start the API server: %v", err)
	}
	s := &Server{Config: config, environment: environment, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	if err := os.WriteFile(s.kubeconfig, environment.KubeConfig, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// collectingLate runs a program that lets more garbage pile up: a sixth of what an
// API server takes of the processor goes into collecting it, and suites have the
// memory.
func collectingLate(t testing.TB, program string) string {
	t.Helper()
	script := filepath.Join(t.TempDir(), filepath.Base(program))
	// Another program writes it: what is open for writing cannot be run, and one that
	// is started at the same moment would have it open.
	install := exec.CommandContext(t.Context(), "install", "-m", "700", "/dev/stdin", script)
	install.Stdin = strings.NewReader("#!/bin/sh\nGOGC=300 exec '" + program + "' \"$@\"\n")
	if output, err := install.CombinedOutput(); err != nil {
		t.Fatalf("write %s: %v\n%s", script, err, output)
	}
	return script
}

// Scheme is a program's own with all kinds of Kubernetes beside: a test makes more
// of them than the program knows.
func Scheme(t testing.TB, own func() (*runtime.Scheme, error)) *runtime.Scheme {
	t.Helper()
	scheme, err := own()
	if err == nil {
		err = clientgoscheme.AddToScheme(scheme)
	}
	if err != nil {
		t.Fatal(err)
	}
	return scheme
}

// Stop ends the API server; etcd goes on, and with it what is stored.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.environment.ControlPlane.GetAPIServer().Stop(); err != nil {
		t.Fatalf("the API server does not stop: %v", err)
	}
}

// Again starts the API server anew after Stop, at the same address and with the
// same authorities.
func (s *Server) Again(t testing.TB) {
	t.Helper()
	if err := s.environment.ControlPlane.GetAPIServer().Start(); err != nil {
		t.Fatalf("cannot start the API server again: %v", err)
	}
}

// ServiceAccount signs in as a service account.
func (s *Server) ServiceAccount(t testing.TB, namespace, name string) *rest.Config {
	t.Helper()
	user, err := s.environment.AddUser(envtest.User{
		Name:   "system:serviceaccount:" + namespace + ":" + name,
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return user.Config()
}

// Kubectl runs the real kubectl as an administrator, with a text as its input.
// The error holds what it complained of.
func (s *Server) Kubectl(t testing.TB, input string, args ...string) (string, error) {
	t.Helper()
	return s.run(t, exec.CommandContext(t.Context(), program.Tool(t, "kubectl"), args...), input)
}

// Helm runs the real helm as an administrator.
func (s *Server) Helm(t testing.TB, args ...string) (string, error) {
	t.Helper()
	return s.run(t, exec.CommandContext(t.Context(), program.Tool(t, "helm"), args...), "")
}

// MustShell runs lines of a page, with the programs of tests, as an administrator.
func (s *Server) MustShell(t testing.TB, lines string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", "-euc", lines)
	output, err := s.run(t, command, "")
	if err != nil {
		t.Fatalf("%s\n%v", lines, err)
	}
	return output
}

func (s *Server) run(t testing.TB, command *exec.Cmd, input string) (string, error) {
	t.Helper()
	tools := filepath.Dir(program.Tool(t, "kubectl"))
	command.Env = []string{"KUBECONFIG=" + s.kubeconfig, "HOME=" + filepath.Dir(s.kubeconfig), "PATH=" + tools + ":" + os.Getenv("PATH")}
	command.Stdin = strings.NewReader(input)
	var output, complaints bytes.Buffer
	command.Stdout, command.Stderr = &output, &complaints
	err := command.Run()
	if err != nil {
		err = errors.New(strings.TrimSpace(complaints.String()))
	}
	return output.String(), err
}

// MustKubectl fails the test when kubectl fails.
func (s *Server) MustKubectl(t testing.TB, input string, args ...string) string {
	t.Helper()
	output, err := s.Kubectl(t, input, args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
	}
	return output
}

// CertManagerCRDs is the folder with the kinds of the cert-manager that this
// module is built with.
func CertManagerCRDs(t testing.TB) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/cert-manager/cert-manager")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("cannot find cert-manager's module: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(output)), "deploy", "crds")
}
