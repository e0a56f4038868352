package benchoperator

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"voute.dev/voute/controllers"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/identity"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/internal/vault"
)

const (
	// operatorVariable names the settings of the process that is the operator.
	operatorVariable = "VOUTE_BENCH_OPERATOR"
	// As cmd/operator has them.
	shippedQPS = -1
	// As config/manager/deployment.yaml has them.
	shippedMemory = "230MiB"
	shippedGOGC   = "30"
	checkStands   = 5 * time.Second
	clockTicks    = 100 // USER_HZ, the same on every Linux
	mebiFromKibis = 1024
)

// settings are what the operator's process is told.
type settings struct {
	Kubeconfig, Platform, TokenFile, StatusAddress string
	QPS                                            float32
	// Profiles is a folder for profiles of the process; none is taken without.
	Profiles string
}

// operate is cmd/operator, but that it finds every sharing server at one
// address: there is no DNS here.
func operate(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var set settings
	if err := json.Unmarshal(content, &set); err != nil {
		return err
	}
	ctx := ctrl.SetupSignalHandler()
	ctrl.SetLogger(zap.New(zap.UseDevMode(false)))
	config, err := clientcmd.BuildConfigFromFlags("", set.Kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = set.QPS, max(1, int(2*set.QPS))
	manager, err := controllers.NewManager(config, controllers.Options{
		Namespace: operatorNamespace, MetricsAddress: "0", HealthAddress: "0", LeaderElection: true,
	})
	if err != nil {
		return err
	}
	direct, err := client.New(config, client.Options{Scheme: manager.GetScheme()})
	if err != nil {
		return err
	}
	own, err := identity.Ensure(ctx, direct, direct, operatorNamespace, time.Now())
	if err != nil {
		return err
	}
	inForce, err := set.platform(own)
	if err != nil {
		return err
	}
	if err := controllers.Add(ctx, manager, controllers.Parts{
		Platform: func() *sharingtenant.Platform { return inForce }, PublicKey: own.PublicKey, Namespace: operatorNamespace,
		Wake: make(chan event.GenericEvent), Pace: sharingtenant.DefaultPace, Now: time.Now,
	}); err != nil {
		return err
	}
	return profiled(ctx, set.Profiles, manager.Start)
}

func (set settings) platform(own *identity.Identity) (*sharingtenant.Platform, error) {
	config, err := platform.Load([]byte(set.Platform))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(config.TrustedCAs))
	keeper, err := vault.New(vault.Options{
		Address: config.Vault.Address, TransitPath: config.Vault.TransitPath, AuthPath: config.Vault.AuthPath,
		Role: config.Vault.OperatorRole, TokenFile: set.TokenFile, Roots: roots, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, set.StatusAddress)
	}
	return &sharingtenant.Platform{
		Config: config,
		Vault:  vault.NewShared(keeper, checkStands, time.Now, func(bool) {}),
		Server: serverstatus.NewClient(own.Certificate, roots, dial),
	}, nil
}

// operator is the process.
type operator struct {
	command *exec.Cmd
	ended   chan struct{}
}

// startOperator starts it; its log goes to a file of its own.
func startOperator(t *testing.T, settingsFile, logFile string) *operator {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	output, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	o := &operator{command: exec.CommandContext(context.WithoutCancel(t.Context()), self), ended: make(chan struct{})}
	o.command.Env = append(os.Environ(), operatorVariable+"="+settingsFile, "GOMEMLIMIT="+*memory, "GOGC="+shippedGOGC)
	o.command.Stdout, o.command.Stderr = output, output
	o.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := o.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = o.command.Wait() // how it ended is in its log
		_ = output.Close()
		close(o.ended)
	}()
	t.Cleanup(func() {
		o.stop()
		if content, err := os.ReadFile(logFile); err == nil && t.Failed() {
			t.Logf("the operator's log:\n%s", content[max(0, len(content)-8000):])
		}
	})
	return o
}

func (o *operator) stop() {
	_ = o.command.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-o.ended:
	case <-time.After(time.Minute):
		_ = o.command.Process.Kill()
		<-o.ended
	}
}

// memory is what the kernel counts as resident: at the most, and now.
func (o *operator) memory(t *testing.T) (peakMiB, nowMiB float64) {
	t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", o.command.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		name, rest, _ := strings.Cut(line, ":")
		number, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
		switch name {
		case "VmHWM":
			peakMiB = number / mebiFromKibis
		case "VmRSS":
			nowMiB = number / mebiFromKibis
		}
	}
	return peakMiB, nowMiB
}

// cpu is the processor time so far, in seconds.
func (o *operator) cpu(t *testing.T) float64 {
	t.Helper()
	p, err := processOf(o.command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return p.cpu
}
