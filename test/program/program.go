// Package program runs the real programs that tests talk to: each for the
// length of one test, on a loopback address, with its output shown when the
// test fails.
package program

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ToolsVariable names the folder with the programs.
const ToolsVariable = "VOUTE_TOOLS"

// patience is how long a program may take to start or stop on a busy machine.
const patience = 90 * time.Second

// Tool is the path of a program in the folder of the tools. Without it the
// test is skipped.
func Tool(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv(ToolsVariable)
	if dir == "" {
		t.Skipf("needs the real %s: run `make test`, which builds it and sets %s", name, ToolsVariable)
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs the real %s, which %s lacks: run `make test`, which builds it", name, dir)
	}
	return path
}

// Process is a running program.
type Process struct {
	command *exec.Cmd
	output  *output
	ended   chan struct{}
}

// Start starts a program, which ends with the test at the latest.
func Start(t testing.TB, path string, args ...string) *Process {
	t.Helper()
	p := &Process{command: exec.CommandContext(context.WithoutCancel(t.Context()), path, args...), output: &output{}, ended: make(chan struct{})}
	p.command.Stdout, p.command.Stderr = p.output, p.output
	// A test binary that is killed takes the program with it.
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.command.WaitDelay = time.Second
	if err := p.command.Start(); err != nil {
		t.Fatalf("cannot start %s: %v", path, err)
	}
	go func() {
		_ = p.command.Wait() // how it ended is in its output
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(path), p.output)
		}
	})
	return p
}

// ID is the process's number, by which the kernel tells of it.
func (p *Process) ID() int { return p.command.Process.Pid }

// Stop asks the program to end, and ends it when it does not.
func (p *Process) Stop() {
	p.stop(syscall.SIGTERM)
}

// Kill ends the program at once.
func (p *Process) Kill() {
	p.stop(syscall.SIGKILL)
}

func (p *Process) stop(signal syscall.Signal) {
	_ = p.command.Process.Signal(signal) // it may have ended already
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

// Await tries until ready gives no error, and fails the test when the program
// ends before that.
func (p *Process) Await(t testing.TB, ready func() error) {
	t.Helper()
	end := time.Now().Add(patience)
	for {
		err := ready()
		if err == nil {
			return
		}
		select {
		case <-p.ended:
			t.Fatalf("%s ended before it was ready: %v\n%s", p.command.Path, err, p.output)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatalf("%s is not ready: %v\n%s", p.command.Path, err, p.output)
		}
	}
}

// FreeAddress is a loopback address that nobody listened on a moment ago.
func FreeAddress(t testing.TB) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

// output is what a program writes, for several writers at once.
type output struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.content.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.content.String()
}
