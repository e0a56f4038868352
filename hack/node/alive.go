package node

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Mark identifies a process: its number, and when it started, since numbers
// are used again.
type Mark struct {
	PID   int    `json:"pid"`
	Start string `json:"start"`
}

// MarkOf identifies a running process.
func MarkOf(pid int) (Mark, error) {
	stat, err := readStat(pid)
	if err != nil {
		return Mark{}, err
	}
	if stat.ended() {
		return Mark{}, fmt.Errorf("process %d has ended", pid)
	}
	return Mark{PID: pid, Start: stat.start}, nil
}

// Alive reports whether that very process still runs.
func (m Mark) Alive() bool {
	now, err := MarkOf(m.PID)
	return m.PID > 0 && err == nil && now == m
}

// Kill ends the process at once, and returns when it is gone.
func (m Mark) Kill() error {
	for deadline := time.Now().Add(20 * time.Second); m.Alive(); time.Sleep(20 * time.Millisecond) {
		if err := syscall.Kill(m.PID, syscall.SIGKILL); err != nil && m.Alive() {
			return fmt.Errorf("cannot kill process %d: %w", m.PID, err)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d does not end", m.PID)
		}
	}
	return nil
}

// stat is what the kernel tells of a process.
type stat struct {
	state   string
	threads string
	start   string // in clock ticks since boot
}

// ended reports whether the process waits only for its parent to take note. One
// whose first thread has ended may have others: of a pid namespace's first
// process the last thread ends all the processes in it, which takes a moment.
func (s stat) ended() bool { return s.state == "Z" && (s.threads == "0" || s.threads == "1") }

func readStat(pid int) (stat, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The name, in parentheses, may hold anything; what follows it is regular.
	line := string(content)
	fields := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	if len(fields) < 20 {
		return stat{}, fmt.Errorf("cannot read the state of process %d", pid)
	}
	return stat{state: fields[0], threads: fields[17], start: fields[19]}, nil
}
