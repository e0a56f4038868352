package node

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Init is the first process of the namespaces: it prepares them, starts this
// same program with the arguments as the supervisor, and collects orphans until
// the supervisor ends.
func Init(world World, doors int, args ...string) error {
	if err := world.prepare(); err != nil {
		return err
	}
	files := []uintptr{0, 1, 2}
	for i := range doors {
		files = append(files, uintptr(firstDoor+i))
	}
	supervisor, err := syscall.ForkExec("/proc/self/exe", append([]string{os.Args[0]}, args...), &syscall.ProcAttr{
		Dir: "/", Env: os.Environ(), Files: files,
	})
	if err != nil {
		return fmt.Errorf("cannot start the supervisor: %w", err)
	}
	return collectUntil(supervisor)
}

// collectUntil waits for every process that ends, shims and containers
// included, until that one has ended.
func collectUntil(last int) error {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("waiting for processes: %w", err)
		}
		if pid == last {
			return fmt.Errorf("the supervisor ended (exit code %d, signal %d)", status.ExitStatus(), status.Signal())
		}
	}
}
