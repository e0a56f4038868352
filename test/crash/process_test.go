package crash

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// operator is a process of its own.
type operator struct {
	command *exec.Cmd
	input   io.WriteCloser
	told    chan message
	halts   chan string
	// ended is closed when the process has; cut is then the write that ended it.
	ended chan struct{}
	cut   string
}

// startOperator starts one for a namespace.
func (s *stage) startOperator(t testing.TB, namespace string, first order, changes ...func(*settings)) *operator {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := &operator{
		command: exec.CommandContext(context.WithoutCancel(t.Context()), self),
		told:    make(chan message, 1), halts: make(chan string, 1), ended: make(chan struct{}),
	}
	o.command.Env = append(os.Environ(), operatorVariable+"="+s.settingsFor(t, namespace, first, changes))
	o.command.Stderr = s.log
	o.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := o.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if o.input, err = o.command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := o.command.Start(); err != nil {
		t.Fatal(err)
	}
	go o.listen(output)
	t.Cleanup(o.stop)
	return o
}

// settingsFor writes what one process is told into a file.
func (s *stage) settingsFor(t testing.TB, namespace string, first order, changes []func(*settings)) string {
	t.Helper()
	set := s.settings
	set.Namespace, set.First, set.Ahead = namespace, first, s.aheadOf(namespace)
	for _, change := range changes {
		change(&set)
	}
	content, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// listen hears what the process says, to its end.
func (o *operator) listen(output io.Reader) {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			m.Cut = "it says what is not understood: " + lines.Text()
		}
		switch {
		case m.Cut != "":
			o.cut = m.Cut
		case m.Halted != "":
			o.halts <- m.Halted
		default:
			o.told <- m
		}
	}
	_ = o.command.Wait() // how it ended is in its state
	close(o.ended)
}

// stop ends it as a cluster does, and kills it when it does not end.
func (o *operator) stop() {
	_ = o.command.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-o.ended:
	case <-time.After(patience):
		o.kill()
	}
}

// kill ends it at once.
func (o *operator) kill() {
	_ = o.command.Process.Kill() // it may have ended already
	<-o.ended
}

func (o *operator) hasEnded() bool {
	select {
	case <-o.ended:
		return true
	default:
		return false
	}
}

// wasKilled says whether it ended by SIGKILL, as one that is cut does.
func (o *operator) wasKilled() bool {
	status, ok := o.command.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// awaitHalt returns when it halts before the write that it was ordered to.
func (o *operator) awaitHalt(t testing.TB) {
	t.Helper()
	select {
	case <-o.halts:
	case <-o.ended:
		t.Fatalf("the operator ended before it halted: %s", o.command.ProcessState)
	case <-time.After(patience):
		t.Fatal("the operator does not come to the write at which it is to halt")
	}
}

// give gives an order, and returns what was written under the one before; alive
// is false when the process has ended.
func (o *operator) give(t testing.TB, next order) (before message, alive bool) {
	t.Helper()
	line, err := json.Marshal(next)
	if err != nil {
		t.Fatal(err)
	}
	// One that has ended is found out below.
	_, _ = o.input.Write(append(line, '\n'))
	select {
	case before = <-o.told:
		return before, true
	case <-o.ended:
	case <-time.After(patience):
		t.Fatal("the operator's process does not answer")
	}
	return message{}, false
}
