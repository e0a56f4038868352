package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const restartDelay = time.Second

// Process is one program that the node keeps running.
type Process struct {
	Name  string
	Path  string
	Args  []string
	Env   []string
	Files []*os.File                      // from descriptor 3 on
	After func(ctx context.Context) error // waits for what the program needs; nil starts it at once
}

// Status is what is known of a process.
type Status struct {
	Name    string    `json:"name"`
	State   string    `json:"state"` // waiting, running, stopped
	PID     int       `json:"pid,omitempty"`
	Started time.Time `json:"started,omitzero"`
	Starts  int       `json:"starts"`
	Problem string    `json:"problem,omitempty"` // why it last ended by itself
}

// runner keeps one process running, until it is told to stop.
type runner struct {
	process Process
	logDir  string
	change  sync.Mutex // held by start and stop: one at a time

	mu     sync.Mutex // guards what follows
	status Status
	cancel context.CancelFunc
	done   chan struct{}
}

func newRunner(process Process, logDir string) *runner {
	return &runner{process: process, logDir: logDir, status: Status{Name: process.Name, State: "stopped"}}
}

// start begins to keep the process running; it does nothing when that is so already.
func (r *runner) start(ctx context.Context) {
	r.change.Lock()
	defer r.change.Unlock()
	if r.cancel != nil {
		return
	}
	ctx, r.cancel = context.WithCancel(ctx)
	r.done = make(chan struct{})
	go func() {
		defer close(r.done)
		r.keepRunning(ctx)
	}()
}

// stop ends the process and returns when it is gone.
func (r *runner) stop() {
	r.change.Lock()
	defer r.change.Unlock()
	if r.cancel == nil {
		return
	}
	r.cancel()
	<-r.done
	r.cancel = nil
}

func (r *runner) keepRunning(ctx context.Context) {
	defer r.update(func(s *Status) { s.State, s.PID = "stopped", 0 })
	for ctx.Err() == nil {
		r.update(func(s *Status) { s.State, s.PID = "waiting", 0 })
		if err := r.runOnce(ctx); err != nil && ctx.Err() == nil {
			r.update(func(s *Status) { s.Problem = err.Error() })
			fmt.Fprintf(os.Stderr, "%s %s: %v; starting it again\n", time.Now().Format(time.TimeOnly), r.process.Name, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(restartDelay):
		}
	}
}

func (r *runner) runOnce(ctx context.Context) error {
	if r.process.After != nil {
		if err := r.process.After(ctx); err != nil {
			return err
		}
	}
	output, err := os.OpenFile(filepath.Join(r.logDir, r.process.Name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer output.Close()
	command := r.command(ctx)
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		return err
	}
	r.update(func(s *Status) {
		s.State, s.PID, s.Started, s.Starts = "running", command.Process.Pid, time.Now(), s.Starts+1
	})
	if err := command.Wait(); err != nil {
		return err
	}
	return errors.New("ended by itself")
}

func (r *runner) command(ctx context.Context) *exec.Cmd {
	command := exec.CommandContext(ctx, r.process.Path, r.process.Args...)
	command.Env = append(os.Environ(), r.process.Env...)
	command.ExtraFiles = r.process.Files
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 5 * time.Second
	return command
}

func (r *runner) update(change func(*Status)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.status)
}

func (r *runner) current() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}
