package benchserver

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	clockTicks    = 100 // USER_HZ, the same on every Linux
	mebiFromKibis = 1024
)

// cpuOf is the processor time of a process so far, in seconds.
func cpuOf(t *testing.T, process int) float64 {
	t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:])) // the name may have anything in it
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / clockTicks
}

// ownCPU is that of this process, which is the client.
func ownCPU(t *testing.T) float64 {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return (time.Duration(usage.Utime.Nano()) + time.Duration(usage.Stime.Nano())).Seconds()
}

// memory is what the kernel counts as resident: at the most, and now.
type memory struct{ peakMiB, nowMiB float64 }

func memoryOf(t *testing.T, process int) (m memory) {
	t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		name, rest, _ := strings.Cut(line, ":")
		number, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
		switch name {
		case "VmHWM":
			m.peakMiB = number / mebiFromKibis
		case "VmRSS":
			m.nowMiB = number / mebiFromKibis
		}
	}
	return m
}

// forgetPeak lets the kernel count the most from now on.
func forgetPeak(t *testing.T, process int) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", process), []byte("5"), 0o200); err != nil {
		t.Fatal(err)
	}
}
