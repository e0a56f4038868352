package benchoperator

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// As cmd/operator has it.
	shippedQPS = -1
	// As config/manager/deployment.yaml has them.
	shippedMemory = "230MiB"
	clockTicks    = 100 // USER_HZ, the same on every Linux
	mebiFromKibis = 1024
)

// buildOperator makes the program: one of its own, so that no test's code and
// no symbols count as its memory.
func buildOperator(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "operator")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-o", program, "./operator")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the operator: %v\n%s", err, output)
	}
	return program
}

// operator is the process.
type operator struct {
	command *exec.Cmd
	ended   chan struct{}
}

// startOperator starts it; its log goes to a file of its own.
func startOperator(t *testing.T, program, settingsFile, logFile string) *operator {
	t.Helper()
	output, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	o := &operator{command: exec.CommandContext(context.WithoutCancel(t.Context()), program, settingsFile), ended: make(chan struct{})}
	o.command.Env = append(os.Environ(), "GOMEMLIMIT="+*memory)
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
