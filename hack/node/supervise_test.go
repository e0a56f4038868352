package node

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func supervise(t *testing.T, processes ...Process) Control {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "log"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = Supervise(ctx, dir, processes)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return NewControl(dir)
}

// wait waits until the only process is as wanted, and returns its status.
func wait(t *testing.T, control Control, wanted func(Status) bool) Status {
	t.Helper()
	var last []Status
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		last, _ = control.Processes(t.Context())
		if len(last) == 1 && wanted(last[0]) {
			return last[0]
		}
	}
	t.Fatalf("never came; last seen: %+v", last)
	return Status{}
}

func TestProcessThatEndsIsStartedAgain(t *testing.T) {
	control := supervise(t, Process{Name: "short", Path: "/bin/sh", Args: []string{"-c", "exit 3"}})
	got := wait(t, control, func(s Status) bool { return s.Starts >= 2 })
	if got.Problem != "exit status 3" {
		t.Errorf("problem = %q", got.Problem)
	}
}

func TestStoppedProcessStaysStopped(t *testing.T) {
	control := supervise(t, Process{Name: "long", Path: "/bin/sleep", Args: []string{"60"}})
	running := wait(t, control, func(s Status) bool { return s.State == "running" })
	if err := control.Act(t.Context(), "long", "stop"); err != nil {
		t.Fatal(err)
	}
	if _, err := MarkOf(running.PID); err == nil {
		t.Error("stop returned before the process was gone")
	}
	time.Sleep(restartDelay + 200*time.Millisecond)
	wait(t, control, func(s Status) bool { return s.State == "stopped" })
	if err := control.Act(t.Context(), "long", "start"); err != nil {
		t.Fatal(err)
	}
	wait(t, control, func(s Status) bool { return s.State == "running" && s.PID != running.PID })
}

func TestProcessWaitsForWhatItNeeds(t *testing.T) {
	open := make(chan struct{})
	control := supervise(t, Process{Name: "p", Path: "/bin/sleep", Args: []string{"60"}, After: func(ctx context.Context) error {
		select {
		case <-open:
		case <-ctx.Done():
		}
		return ctx.Err()
	}})
	if got := wait(t, control, func(s Status) bool { return s.State == "waiting" }); got.Starts != 0 {
		t.Errorf("started %d times too early", got.Starts)
	}
	close(open)
	wait(t, control, func(s Status) bool { return s.State == "running" })
}

func TestUnknownProcessAndActionAreRefused(t *testing.T) {
	control := supervise(t, Process{Name: "p", Path: "/bin/sleep", Args: []string{"60"}})
	wait(t, control, func(s Status) bool { return s.State == "running" })
	for process, action := range map[string]string{"q": "stop", "p": "dance"} {
		if err := control.Act(t.Context(), process, action); err == nil {
			t.Errorf("%s %s was accepted", action, process)
		}
	}
}
