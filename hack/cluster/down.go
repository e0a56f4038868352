package cluster

import (
	"errors"
	"fmt"
	"os"

	"voute.dev/voute/hack/artifact"
	"voute.dev/voute/hack/progress"
)

// Down ends a cluster and removes all it left: processes, control groups and
// its folder. What was built stays in the cache.
func Down(name string, log *progress.Log) error {
	cache, err := ready()
	if err != nil {
		return err
	}
	unlock, err := artifact.Lock(cache, "cluster-"+name)
	if err != nil {
		return err
	}
	defer unlock()
	c, err := Open(name)
	if err != nil {
		return err
	}
	if _, missing := os.Stat(c.Dir); errors.Is(missing, os.ErrNotExist) {
		log.Step("there is no cluster %s", name)
		return nil
	}
	// The kernel ends every process in the node with the first one.
	if err := c.Init.Kill(); err != nil {
		return err
	}
	if err := c.cgroup().Remove(); err != nil {
		return err
	}
	if err := os.RemoveAll(c.Dir); err != nil {
		return fmt.Errorf("cannot remove the cluster's folder: %w", err)
	}
	log.Step("the cluster %s is gone", name)
	return nil
}
