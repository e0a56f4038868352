package place

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// longestClusterDir leaves room for the longest socket name below it: the path
// of a Unix socket has at most 107 bytes.
const longestClusterDir = 80

var clusterName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$`)

// Cache is the folder that survives a fresh clone: $XDG_CACHE_HOME/voute.
func Cache() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder to keep builds in: %w; set HOME or XDG_CACHE_HOME", err)
	}
	return filepath.Join(base, "voute"), nil
}

// Source finds the root of the source tree above the current folder.
func Source() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "hack", "cmd", "local")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("this is not inside Voûte's source tree; change into it, or name it with --source")
		}
	}
}

// Cluster is the folder of one local cluster. All that the cluster writes is in it.
type Cluster struct {
	Name string
	Dir  string
}

// NewCluster returns the place of the cluster of that name, there or not.
func NewCluster(name string) (Cluster, error) {
	if !clusterName.MatchString(name) {
		return Cluster{}, fmt.Errorf("%q cannot name a cluster: use 1 to 20 lower-case letters, digits and dashes", name)
	}
	cache, err := Cache()
	if err != nil {
		return Cluster{}, err
	}
	dir := filepath.Join(cache, "clusters", name)
	if len(dir) > longestClusterDir {
		return Cluster{}, fmt.Errorf("the path %s is too long for sockets; set XDG_CACHE_HOME to a shorter folder", dir)
	}
	return Cluster{Name: name, Dir: dir}, nil
}

// Clusters lists the clusters that have a folder, in the order of their names.
func Clusters() ([]Cluster, error) {
	cache, err := Cache()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(cache, "clusters"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var found []Cluster
	for _, entry := range entries {
		if cluster, err := NewCluster(entry.Name()); err == nil && entry.IsDir() {
			found = append(found, cluster)
		}
	}
	return found, nil
}

// Path joins names to the cluster's folder.
func (c Cluster) Path(names ...string) string {
	return filepath.Join(append([]string{c.Dir}, names...)...)
}
