package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Cgroup is the control group below which a node's pods run. Its path is the
// same in each hierarchy.
type Cgroup struct{ Name string }

// hierarchies are the mount points of control groups, of version 1 and 2.
func hierarchies() ([]string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var points []string
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if len(fields) > 2 && (fields[2] == "cgroup" || fields[2] == "cgroup2") {
			points = append(points, fields[1])
		}
	}
	if len(points) == 0 {
		return nil, errors.New("no control groups are mounted below /sys/fs/cgroup; the kubelet needs them")
	}
	return points, nil
}

// Create makes the group in every hierarchy.
func (c Cgroup) Create() error {
	points, err := hierarchies()
	if err != nil {
		return err
	}
	for _, point := range points {
		if err := enableControllers(point); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(point, c.Name), 0o755); err != nil {
			return fmt.Errorf("cannot make a control group: %w; this needs a writable %s", err, point)
		}
	}
	return nil
}

// enableControllers passes the controllers of a version-2 hierarchy on to its
// children; version 1 has a hierarchy for each.
func enableControllers(point string) error {
	available, err := os.ReadFile(filepath.Join(point, "cgroup.controllers"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for controller := range strings.FieldsSeq(string(available)) {
		err := os.WriteFile(filepath.Join(point, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
		if err != nil {
			return fmt.Errorf("cannot pass on the control group controller %s: %w", controller, err)
		}
	}
	return nil
}

// Remove removes the group and all below it from every hierarchy. A group can
// be removed only when its last process is gone, which takes a moment.
func (c Cgroup) Remove() error {
	points, err := hierarchies()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(10 * time.Second)
	for _, point := range points {
		for err = c.removeFrom(point); err != nil && time.Now().Before(deadline); err = c.removeFrom(point) {
			time.Sleep(100 * time.Millisecond)
		}
		if err != nil {
			return fmt.Errorf("cannot remove the control group %s: %w", filepath.Join(point, c.Name), err)
		}
	}
	return nil
}

func (c Cgroup) removeFrom(point string) error {
	var groups []string
	err := filepath.WalkDir(filepath.Join(point, c.Name), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			groups = append(groups, path)
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	})
	for i := len(groups) - 1; i >= 0; i-- { // children come after their parents
		err = errors.Join(err, os.Remove(groups[i]))
	}
	return err
}
