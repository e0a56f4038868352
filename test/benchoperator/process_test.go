package benchoperator

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// process is what the kernel tells of one.
type process struct {
	name   string
	parent int
	cpu    float64 // seconds
}

func processOf(id int) (process, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	if err != nil {
		return process{}, err
	}
	begin, end := bytes.IndexByte(content, '('), bytes.LastIndexByte(content, ')') // of the name, which may have both in it
	name, fields := string(content[begin+1:end]), strings.Fields(string(content[end+1:]))
	parent, _ := strconv.Atoi(fields[1])
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return process{name: name, parent: parent, cpu: (user + system) / clockTicks}, nil
}

// programs gives the processor time of this process and of each that it has
// started and that still runs: API server, etcd, Vault and operator. On a
// machine with other work it says more than the time that passes.
func programs(t *testing.T) map[string]float64 {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, file := range files {
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		p, err := processOf(id)
		if err != nil {
			continue // it has ended meanwhile
		}
		switch {
		case id == os.Getpid():
			all["simulation and bare client"] = p.cpu
		case p.parent == os.Getpid():
			all[p.name] += p.cpu
		}
	}
	return all
}

// since is the effort from a moment on.
func since(t *testing.T, begin time.Time, before map[string]float64) effort {
	t.Helper()
	e := effort{seconds: time.Since(begin).Seconds(), programs: map[string]float64{}}
	for name, now := range programs(t) {
		e.programs[name] = now - before[name]
		e.cpu += e.programs[name]
	}
	return e
}
